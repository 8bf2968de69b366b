"""The four secrets of a hub. Without them, the charts would generate new ones in every render."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

SECRET_BYTES = 32
"""Length of each secret."""


@dataclass(frozen=True)
class HubSecrets(Generic[T]):
    """Four random secrets as hex strings. They are kept in the stack's state, so that two renders are identical.

    ``T`` is ``pulumi.Output[str]`` in the program and ``str`` in tests.
    Source: z2jh's configuration reference (`proxy.secretToken`, `hub.cookieSecret`, `CryptKeeper.keys`) and
    dask-gateway's `gateway.auth.jupyterhub`.
    """

    proxy_token: T
    """Authenticates the hub to the proxy's API."""

    cookie_secret: T
    """Signs log-in cookies; a new secret logs all users out."""

    crypt_key: T
    """Encrypts the authenticator's state in the hub's database."""

    gateway_token: T
    """Authenticates the Dask gateway to the hub."""
