"""The four secrets the charts would otherwise make up anew at every render."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

SECRET_BYTES = 32


@dataclass(frozen=True)
class HubSecrets(Generic[T]):
    """Four hex strings of 32 random bytes each, kept in the stack so that two renders are the same to the byte.

    ``T`` is ``str`` where the values are known (tests, a render) and ``pulumi.Output[str]`` in the program.
    Source: z2jh's configuration reference (`proxy.secretToken`, `hub.cookieSecret`, `CryptKeeper.keys`) and
    dask-gateway's `gateway.auth.jupyterhub`.
    """

    proxy_token: T
    """What the hub shows the proxy's API."""

    cookie_secret: T
    """Signs log-in cookies; a new one logs everybody out."""

    crypt_key: T
    """Encrypts the authenticator's state in the hub's database."""

    gateway_token: T
    """What the Dask gateway, as a service of the hub, shows the hub."""
