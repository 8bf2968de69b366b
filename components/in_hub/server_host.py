"""Log-in at users' servers only under the host name that the hub uses now.

A server is started with its own address and with the hub's. After a change of ``ingress.userSubdomains``, it would send
browsers to a host that is no longer served, or give them cookies that are not bound to one host. So the log-in is
refused with an explanation until the server is restarted.
"""

from typing import Any
from urllib.parse import urlsplit

from jupyterhub.apihandlers.auth import OAuthAuthorizeHandler  # type: ignore[import-not-found,unused-ignore]
from tornado.web import HTTPError  # type: ignore[import-not-found,unused-ignore]

from components.in_hub import messages


class ServerLogInHandler(OAuthAuthorizeHandler):  # type: ignore[misc,unused-ignore]
    """JupyterHub's log-in at a user's server, which refuses servers that run under a former host name."""

    async def prepare(self) -> None:
        """Refuse the log-in, if the visitor may open the server at all.

        Raises:
            HTTPError: 409 if the server was started with another host name.
        """
        await super().prepare()
        server = self._server()
        if server is None or not self.get_scope_filter("access:servers")(server, kind="server"):
            return
        owner = self.users[server.user]
        # JupyterHub (5.5, User.spawn) stores the server's address as part of its OAuth client when it starts it.
        if urlsplit(server.oauth_client.redirect_uri).netloc != urlsplit(owner.url).netloc:
            self.log.warning("log-in at the server of %s refused: it runs under a former host name", owner.name)
            raise HTTPError(409, messages.former_host(owner.name))

    def _server(self) -> Any | None:  # noqa: ANN401 - JupyterHub has no types
        """Return the database's entry of the server that the log-in is for; None without a visitor or server."""
        client = self.oauth_provider.fetch_by_client_id(self.get_argument("client_id", ""))
        return client.spawner if client and self.current_user else None
