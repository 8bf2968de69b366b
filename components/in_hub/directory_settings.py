"""The directory's servers, and how to connect to them, from the authenticator's settings."""

from typing import Any

from ldapauthenticator.ldapauthenticator import TlsStrategy  # type: ignore[import-not-found,unused-ignore]

from components.freeipa.names import escaped
from components.freeipa.settings import Directory, directory


def list_servers(settings: Any) -> list[str]:  # noqa: ANN401 - traitlets has no types
    """Return the servers, in the order in which they are tried."""
    return list(settings.servers) or [f"{settings.server_address}:{settings.server_port}"]


def user_directory(settings: Any, username: str) -> Directory:  # noqa: ANN401 - traitlets has no types
    """Return the directory for a log-in of a user."""
    return directory_as(settings, settings.bind_dn_template[0].format(username=escaped(username)))


def directory_as(settings: Any, bind_dn: str) -> Directory:  # noqa: ANN401 - traitlets has no types
    """Return the directory for a log-in of the account ``bind_dn``."""
    return directory(
        servers=list_servers(settings),
        tls="ldaps" if settings.tls_strategy == TlsStrategy.on_connect else "starttls",
        ca_certificate=settings.tls_kwargs.get("ca_certs_data"),
        bind_dn=bind_dn,
    )
