"""The token of a user's running server, distinguished from the user's other tokens."""

from typing import Any

from jupyterhub.utils import compare_token  # type: ignore[import-not-found,unused-ignore]
from tornado.web import RequestHandler  # type: ignore[import-not-found,unused-ignore]


def uses_server_token(user: Any, handler: RequestHandler | None) -> bool:  # noqa: ANN401 - JupyterHub has no types
    """Return whether the request is authenticated by the token that the hub gave to a running server of the user.

    The token is recognised by its value: users can create tokens with any note, and with the same scopes. JupyterHub
    (5.5, ``User.spawn``) stores the hash of the token as the secret of the server's OAuth client, also across a restart
    of the hub. A token in the header of a request that a cookie authenticates does not count.
    """
    return find_reporting_server(user, handler) is not None


def find_reporting_server(user: Any, handler: RequestHandler | None) -> Any | None:  # noqa: ANN401
    """Return the user's running server whose token authenticates the request; None if it is another token."""
    if handler is None or not getattr(handler, "_token_authenticated", False):
        return None
    token = handler.get_auth_token()
    if not token:
        return None
    servers = list(user.spawners.values())
    return next((each for each in servers if each.active and _is_token_of(each, token)), None)


def _is_token_of(spawner: Any, token: str) -> bool:  # noqa: ANN401
    client = spawner.orm_spawner.oauth_client
    return client is not None and bool(client.secret) and bool(compare_token(client.secret, token))
