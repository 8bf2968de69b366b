"""TLS handshakes with old protocols and weak ciphers; certificates are not verified."""

import socket
import ssl
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

from local.tenancy import web

TIMEOUT_SECONDS = 5.0
EVERYTHING = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
START_TLS = bytes.fromhex("301d02010177188016") + b"1.3.6.1.4.1.1466.20037"
"""LDAP's request to begin TLS (RFC 4511, section 4.14.1)."""

OLD = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
NEW = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


@dataclass(frozen=True)
class Listener:
    """A TLS server; with ``start_tls``, TLS begins after LDAP's request for it."""

    program: str
    address: str
    port: int
    start_tls: bool = False

    def __str__(self) -> str:
        return f"{self.program} {self.address}:{self.port}"


def accepts(listener: Listener, context: ssl.SSLContext) -> bool:
    """Return whether the handshake succeeds."""
    with socket.create_connection((listener.address, listener.port), TIMEOUT_SECONDS) as plain:
        if listener.start_tls:
            plain.sendall(START_TLS)
            plain.recv(4096)
        try:
            with context.wrap_socket(plain, server_hostname=web.DOMAIN):
                return True
        except (ssl.SSLError, ConnectionError):
            return False


def client_context(version: ssl.TLSVersion, ciphers: str = EVERYTHING) -> ssl.SSLContext:
    """Return a client that offers only this version, and ciphers that the machine's policy disables."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers(ciphers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the old versions are deprecated
        context.minimum_version = context.maximum_version = version
    return context


def weak_ciphers() -> list[str]:
    """Return the weak TLS 1.2 cipher suites that this machine's OpenSSL supports.

    Suites are weak if RFC 9325, section 4.1, says that they MUST NOT or SHOULD NOT be negotiated: no encryption, no
    authentication, no forward secrecy, less than 112 bits.
    """
    supported = client_context(ssl.TLSVersion.TLSv1_2).get_ciphers()
    return [str(suite["name"]) for suite in supported if suite["protocol"] != "TLSv1.3" and _is_weak(dict(suite))]


def _is_weak(suite: Mapping[str, object]) -> bool:
    return (
        not str(suite["kea"]).endswith(("ecdhe", "dhe"))
        or suite["auth"] == "auth-null"
        or int(str(suite["strength_bits"])) < 128
        or any(word in str(suite["name"]) for word in ("3DES", "RC4"))
    )
