"""Connection settings of a FreeIPA directory: servers, TLS, account. Invalid settings are refused here, before use."""

import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv6Address
from typing import Literal, get_args

from components.freeipa.errors import InvalidSetting

TlsMode = Literal["ldaps", "starttls"]
"""TLS from the first byte, or started before the log-in. There is no plain LDAP."""

DEFAULT_PORTS: dict[TlsMode, int] = {"ldaps": 636, "starttls": 389}
CONNECT_TIMEOUT_SECONDS = 5
RECEIVE_TIMEOUT_SECONDS = 10

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_SERVER = re.compile(r"(?:\[(?P<ipv6>[^\]]*)\]|(?P<host>[^:\[\]]*))(?::(?P<port>[0-9]{1,5}))?")
_DN = re.compile(r"[A-Za-z][A-Za-z0-9-]* *= *[^,=\s][^\r\n\0]*")


@dataclass(frozen=True)
class ServerAddress:
    """Address of a directory server, with the host name in its certificate."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Directory:
    """Connection settings of a directory, without the password."""

    servers: tuple[ServerAddress, ...]
    tls: TlsMode
    ca_certificate: str | None
    """PEM of the only trusted authorities; None for the authorities that the system trusts."""
    bind_dn: str
    connect_timeout_seconds: int = CONNECT_TIMEOUT_SECONDS
    receive_timeout_seconds: int = RECEIVE_TIMEOUT_SECONDS

    def beginning_with(self, index: int) -> "Directory":
        """Return the same settings with the servers rotated, so that the one at ``index`` is the first."""
        start = index % len(self.servers)
        return replace(self, servers=self.servers[start:] + self.servers[:start])


def directory(servers: Sequence[str], tls: str, ca_certificate: str | None, bind_dn: str) -> Directory:
    """Check the settings and return them.

    Args:
        servers: host names with an optional port, in the order to try them.
        tls: ``ldaps`` or ``starttls``.
        ca_certificate: PEM text; None for the authorities that the system trusts.
        bind_dn: DN of the account.

    Raises:
        InvalidSetting: one of them is not valid.
    """
    if not servers:
        raise InvalidSetting("servers", "", "is empty; write at least one host name")
    mode = tls_mode(tls)
    return Directory(
        servers=tuple(server_address(server, mode) for server in servers),
        tls=mode,
        ca_certificate=None if ca_certificate is None else authorities(ca_certificate),
        bind_dn=check_bind_dn(bind_dn),
    )


def tls_mode(tls: str) -> TlsMode:
    """Check the TLS mode and return it.

    Raises:
        InvalidSetting: it is neither ``ldaps`` nor ``starttls``.
    """
    for mode in get_args(TlsMode):
        if tls == mode:
            return mode  # type: ignore[no-any-return]
    raise InvalidSetting("tls", tls, "must be ldaps or starttls; plain LDAP is never used")


def server_address(server: str, tls: TlsMode) -> ServerAddress:
    """Parse ``ipa.example.org`` or ``ipa.example.org:3636``; the default port is 636 or 389, by ``tls``.

    Raises:
        InvalidSetting: it is a URL, or not a host with an optional port.
    """
    if "://" in server:
        raise InvalidSetting("servers", server, "is a URL; write the host name only, tls sets the protocol")
    parts = _SERVER.fullmatch(server)
    if not parts or not _is_host(parts["host"], parts["ipv6"]):
        raise InvalidSetting(
            "servers", server, "is not a host name with an optional port; write one like ipa.example.org:636"
        )
    port = int(parts["port"]) if parts["port"] else DEFAULT_PORTS[tls]
    if not 1 <= port <= 65535:
        raise InvalidSetting("servers", server, "has a wrong port; write one from 1 to 65535")
    return ServerAddress((parts["host"] or parts["ipv6"]).lower(), port)


def authorities(pem: str) -> str:
    """Check PEM certificates, and return them without surrounding blanks.

    Raises:
        InvalidSetting: there is no certificate, or a private key, which must not be in a stack file.
    """
    if "PRIVATE KEY" in pem:
        raise InvalidSetting("caCertificate", "(PEM)", "contains a private key; write the certificate only")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem.strip())
    except (ssl.SSLError, ValueError, TypeError):  # TypeError: not ASCII
        raise InvalidSetting(
            "caCertificate",
            "(PEM)",
            "contains no valid PEM certificate; write the content of FreeIPA's /etc/ipa/ca.crt",
        ) from None
    return pem.strip() + "\n"


def check_bind_dn(bind_dn: str) -> str:
    """Check that ``bind_dn`` has the form of a distinguished name, and return it.

    Raises:
        InvalidSetting: it has not. An empty one would be an anonymous log-in.
    """
    if not _DN.fullmatch(bind_dn):
        raise InvalidSetting(
            "bindDn", bind_dn, "is not a DN; write one like uid=pangeo,cn=users,cn=accounts,dc=example,dc=org"
        )
    return bind_dn


def _is_host(host: str | None, ipv6: str | None) -> bool:
    if ipv6 is None:
        return bool(host and _HOST.fullmatch(host) and ".." not in host)
    try:
        IPv6Address(ipv6)
    except ValueError:
        return False
    return True
