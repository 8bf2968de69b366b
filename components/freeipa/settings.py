"""How to reach a FreeIPA directory: servers, TLS, the account. Checked when made, so that no call meets a bad one."""

import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv6Address
from typing import Literal, get_args

from components.freeipa.errors import InvalidSetting

TlsMode = Literal["ldaps", "starttls"]
"""TLS from the first byte, or asked for before the log-in. There is no third way: plain LDAP is impossible."""

DEFAULT_PORTS: dict[TlsMode, int] = {"ldaps": 636, "starttls": 389}
CONNECT_TIMEOUT_SECONDS = 5
RECEIVE_TIMEOUT_SECONDS = 10

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_SERVER = re.compile(r"(?:\[(?P<ipv6>[^\]]*)\]|(?P<host>[^:\[\]]*))(?::(?P<port>[0-9]{1,5}))?")
_DN = re.compile(r"[A-Za-z][A-Za-z0-9-]* *= *[^,=\s][^\r\n\0]*")


@dataclass(frozen=True)
class ServerAddress:
    """One directory server, named as its certificate names it."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Directory:
    """A FreeIPA directory and the account that works in it; the password is no part of it."""

    servers: tuple[ServerAddress, ...]
    tls: TlsMode
    ca_certificate: str | None
    """PEM of the only authorities trusted; None: those the system trusts."""
    bind_dn: str
    connect_timeout_seconds: int = CONNECT_TIMEOUT_SECONDS
    receive_timeout_seconds: int = RECEIVE_TIMEOUT_SECONDS

    def beginning_with(self, index: int) -> "Directory":
        """The same servers in turn, another one first."""
        start = index % len(self.servers)
        return replace(self, servers=self.servers[start:] + self.servers[:start])


def directory(servers: Sequence[str], tls: str, ca_certificate: str | None, bind_dn: str) -> Directory:
    """A directory from what an operator wrote.

    Raises:
        InvalidSetting: any of the values is refused.
    """
    if not servers:
        raise InvalidSetting("servers", "", "names no server; write at least one host name")
    mode = tls_mode(tls)
    return Directory(
        servers=tuple(server_address(server, mode) for server in servers),
        tls=mode,
        ca_certificate=None if ca_certificate is None else authorities(ca_certificate),
        bind_dn=account(bind_dn),
    )


def tls_mode(tls: str) -> TlsMode:
    """``tls`` if it is one of the two ways.

    Raises:
        InvalidSetting: it is not.
    """
    for mode in get_args(TlsMode):
        if tls == mode:
            return mode  # type: ignore[no-any-return]
    raise InvalidSetting("tls", tls, "is neither ldaps nor starttls; plain LDAP is never used")


def server_address(server: str, tls: TlsMode) -> ServerAddress:
    """``ipa.example.org`` or ``ipa.example.org:3636``; the port is 636 or 389 by ``tls`` when none is given.

    Raises:
        InvalidSetting: it is a URL, or not a host with an optional port.
    """
    if "://" in server:
        raise InvalidSetting("servers", server, "is a URL; write the host name alone, tls says how to connect")
    parts = _SERVER.fullmatch(server)
    if not parts or not _is_host(parts["host"], parts["ipv6"]):
        raise InvalidSetting("servers", server, "is not a host name with an optional port, such as ipa.example.org:636")
    port = int(parts["port"]) if parts["port"] else DEFAULT_PORTS[tls]
    if not 1 <= port <= 65535:
        raise InvalidSetting("servers", server, "has a port outside 1 to 65535")
    return ServerAddress((parts["host"] or parts["ipv6"]).lower(), port)


def authorities(pem: str) -> str:
    """``pem`` in one spelling, if certificates can be verified with it.

    Raises:
        InvalidSetting: it holds no certificate, or a private key, which has no business in a stack.
    """
    if "PRIVATE KEY" in pem:
        raise InvalidSetting("caCertificate", "(PEM)", "holds a private key; give the certificate alone")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem.strip())
    except (ssl.SSLError, ValueError, TypeError):  # TypeError: not ASCII
        raise InvalidSetting(
            "caCertificate", "(PEM)", "holds no readable PEM certificate; give the content of FreeIPA's /etc/ipa/ca.crt"
        ) from None
    return pem.strip() + "\n"


def account(bind_dn: str) -> str:
    """``bind_dn`` if it looks like a distinguished name.

    Raises:
        InvalidSetting: it does not (an empty one would silently log in as nobody).
    """
    if not _DN.fullmatch(bind_dn):
        raise InvalidSetting("bindDn", bind_dn, "is not a DN such as uid=pangeo,cn=users,cn=accounts,dc=example,dc=org")
    return bind_dn


def _is_host(host: str | None, ipv6: str | None) -> bool:
    if ipv6 is None:
        return bool(host and _HOST.fullmatch(host) and ".." not in host)
    try:
        IPv6Address(ipv6)
    except ValueError:
        return False
    return True
