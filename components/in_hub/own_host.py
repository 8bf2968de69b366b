"""Log-in at the hub's own host only.

With subdomains, a log-in at a user's host would put a session of the hub within reach of that user's pages.
"""

from jupyterhub.handlers.login import LoginHandler  # type: ignore[import-not-found,unused-ignore]


class OwnHostLoginHandler(LoginHandler):  # type: ignore[misc,unused-ignore]
    """JupyterHub's log-in page; with subdomains, users' hosts redirect to the page at the hub's host."""

    async def prepare(self) -> None:
        """Redirect a request for another host before anything in it is read."""
        if self.settings.get("subdomain_host") and self.request.host_name != self.settings["domain"]:
            query = f"?{self.request.query}" if self.request.query else ""
            self.redirect(f"{self.settings['subdomain_host']}{self.request.path}{query}", status=303)
            return
        await super().prepare()
