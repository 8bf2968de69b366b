"""JupyterHub's page and API that start servers: a further server that must not start is refused first.

JupyterHub (5.5.0) would know the server by then, and list it. It limits their number only on some of these ways.
"""

from typing import Any

from jupyterhub.apihandlers.users import UserServerAPIHandler  # type: ignore[import-not-found,unused-ignore]
from jupyterhub.handlers.pages import SpawnHandler  # type: ignore[import-not-found,unused-ignore]
from jupyterhub.scopes import needs_scope  # type: ignore[import-not-found,unused-ignore]

from components.in_hub.further_servers import check_request


class StartHandler(SpawnHandler):  # type: ignore[misc,unused-ignore]
    """The page that starts a server."""

    @needs_scope("servers")  # type: ignore[untyped-decorator,unused-ignore]
    async def _get(self, user_name: str, server_name: str) -> Any:  # noqa: ANN401 - JupyterHub has no types
        _check(self, user_name, server_name)
        return await super()._get(user_name, server_name)

    @needs_scope("servers")  # type: ignore[untyped-decorator,unused-ignore]
    async def _post(self, user_name: str, server_name: str) -> Any:  # noqa: ANN401 - JupyterHub has no types
        _check(self, user_name, server_name)
        return await super()._post(user_name, server_name)


class StartApiHandler(UserServerAPIHandler):  # type: ignore[misc,unused-ignore]
    """The API that starts and stops servers."""

    @needs_scope("servers")  # type: ignore[untyped-decorator,unused-ignore]
    async def post(self, user_name: str, server_name: str = "") -> None:
        """Start a server.

        Raises:
            HTTPError: 400 if it is a further server that must not start.
        """
        _check(self, user_name, server_name)
        await super().post(user_name, server_name)


def _check(handler: Any, user_name: str, server_name: str) -> None:  # noqa: ANN401 - JupyterHub has no types
    user = handler.find_user(user_name)
    if user is not None:  # JupyterHub's answer for users that do not exist follows
        check_request(user, server_name or "")


HANDLERS: list[tuple[str, Any]] = [
    *((f"/spawn{path}", StartHandler) for path in ("", "/([^/]+)", "/([^/]+)/([^/]+)")),
    (r"/api/users/([^/]+)/server", StartApiHandler),
    (r"/api/users/([^/]+)/servers/([^/]*)", StartApiHandler),
]
"""Paths below the hub's own."""
