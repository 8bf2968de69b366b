"""What a listener agrees to when it is asked for old protocols and weak ciphers: real handshakes, nothing verified."""

import socket
import ssl
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

TIMEOUT_SECONDS = 5.0
EVERYTHING = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
NAME = "pangeo.127-0-0-1.sslip.io"

START_TLS = bytes.fromhex("301d02010177188016") + b"1.3.6.1.4.1.1466.20037"
"""LDAP's request to begin TLS (RFC 4511, section 4.14.1)."""

OLD = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
NEW = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


@dataclass(frozen=True)
class Listener:
    """Where TLS is spoken; with ``start_tls``, after LDAP's request for it."""

    program: str
    address: str
    port: int
    start_tls: bool = False

    def __str__(self) -> str:
        return f"{self.program} {self.address}:{self.port}"


def agrees(listener: Listener, context: ssl.SSLContext) -> bool:
    """Whether a handshake comes about. That it fails for want of a client's certificate is one too."""
    with socket.create_connection((listener.address, listener.port), TIMEOUT_SECONDS) as plain:
        if listener.start_tls:
            plain.sendall(START_TLS)
            plain.recv(4096)
        try:
            with context.wrap_socket(plain, server_hostname=NAME):
                return True
        except (ssl.SSLError, ConnectionError):
            return False


def asking_for(version: ssl.TLSVersion, ciphers: str = EVERYTHING) -> ssl.SSLContext:
    """A client that knows this version alone, and no rule of the machine's against old ciphers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers(ciphers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old versions are what is asked for
        context.minimum_version = context.maximum_version = version
    return context


def weak_ciphers() -> list[str]:
    """Every suite of TLS 1.2 that this machine's OpenSSL knows and that is weak.

    Weak is what RFC 9325, section 4.1, says MUST NOT or SHOULD NOT be negotiated: no encryption, nobody authenticated,
    no forward secrecy, less than 112 bits.
    """
    known = asking_for(ssl.TLSVersion.TLSv1_2).get_ciphers()
    return [str(suite["name"]) for suite in known if suite["protocol"] != "TLSv1.3" and _is_weak(dict(suite))]


def _is_weak(suite: Mapping[str, object]) -> bool:
    return (
        not str(suite["kea"]).endswith(("ecdhe", "dhe"))
        or suite["auth"] == "auth-null"
        or int(str(suite["strength_bits"])) < 128
        or any(word in str(suite["name"]) for word in ("3DES", "RC4"))
    )
