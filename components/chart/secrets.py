"""The random secrets of a hub, and the password that it reads the directory with.

Without the random secrets, the charts would generate new ones.

They are no values of the Helm release, because the errors of templates print values. They are in a Kubernetes Secret,
from which ``chart/templates/_secrets.tpl`` reads them.
"""

import hashlib
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

from components.chart import members_access, verification_access
from components.chart.members_access import READ_PASSWORD_KEY
from components.config.tenancy import Tenancy

T = TypeVar("T")

SECRET_DIGITS = 64
"""Length of each secret, in hexadecimal digits: 256 bits."""

SECRET_NAME = "pangeo-secrets"  # noqa: S105 - the name of a Kubernetes Secret
"""Name of the Kubernetes Secret; ``chart/templates/_secrets.tpl`` has the same."""


@dataclass(frozen=True)
class HubSecrets(Generic[T]):
    """Random secrets as hex strings. They are kept in the stack's state, so that two renders are identical.

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

    members_token: T
    """Authenticates the operator's command ``members remove`` to the hub."""

    verification_token: T
    """Authenticates the operator's command ``verify`` to the hub."""


def without_values() -> HubSecrets[str]:
    """Return empty secrets, of which the Kubernetes Secret has the same keys."""
    return HubSecrets(*("" for _ in fields(HubSecrets)))


def secret_manifest(tenancy: Tenancy, secrets: HubSecrets[T], read_password: T | None = None) -> dict[str, Any]:
    """Return the Kubernetes Secret. Its keys are those of the Secret ``hub`` of the chart ``jupyterhub``.

    Args:
        tenancy: the tenancy's configuration.
        secrets: the random secrets.
        read_password: the password of ``identity.membershipCheck``; None without this section.
    """
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SECRET_NAME, "namespace": tenancy.namespace},
        "type": "Opaque",
        "stringData": {
            "hub.config.ConfigurableHTTPProxy.auth_token": secrets.proxy_token,
            "hub.config.JupyterHub.cookie_secret": secrets.cookie_secret,
            "hub.config.CryptKeeper.keys": secrets.crypt_key,
            "hub.services.dask-gateway.apiToken": secrets.gateway_token,
            members_access.TOKEN_KEY: secrets.members_token,
            verification_access.TOKEN_KEY: secrets.verification_token,
            **({} if read_password is None else {READ_PASSWORD_KEY: read_password}),
        },
    }


def secrets_digest(secrets: HubSecrets[str]) -> str:
    """Return a digest that changes with the secrets. It reveals nothing about them: they have 1536 random bits."""
    parts = (
        secrets.proxy_token,
        secrets.cookie_secret,
        secrets.crypt_key,
        secrets.gateway_token,
        secrets.members_token,
        secrets.verification_token,
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
