"""A user's server without JupyterLab: JupyterHub's own OAuth log-in, and a page that shows the cookies it received.

The hub under test starts it with its own interpreter.
"""

import os
import secrets
from urllib.parse import urlsplit

from jupyterhub.services.auth import (  # type: ignore[import-not-found,unused-ignore]
    HubOAuthCallbackHandler,
    HubOAuthenticated,
)
from tornado.ioloop import IOLoop  # type: ignore[import-not-found,unused-ignore]
from tornado.web import Application, RequestHandler, authenticated  # type: ignore[import-not-found,unused-ignore]

PREFIX = os.environ["JUPYTERHUB_SERVICE_PREFIX"]


class Page(HubOAuthenticated, RequestHandler):  # type: ignore[misc,unused-ignore]
    """The page. ``?toss=<cookie>`` sets a cookie, as a user's own code could."""

    @authenticated  # type: ignore[untyped-decorator,unused-ignore]
    def get(self) -> None:
        """Return the visitor and the names of the received cookies."""
        for cookie in self.get_arguments("toss"):
            self.add_header("Set-Cookie", cookie)
        self.write(
            {
                "owner": os.environ["JUPYTERHUB_USER"],
                "visitor": self.current_user["name"],
                "cookies": sorted(self.request.cookies),
                "public_url": os.environ["JUPYTERHUB_PUBLIC_URL"],
            }
        )


Application(
    [(f"{PREFIX}oauth_callback", HubOAuthCallbackHandler), (f"{PREFIX}.*", Page)],
    cookie_secret=secrets.token_bytes(32),
).listen(urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"]).port, "127.0.0.1")
IOLoop.current().start()
