"""Certificates of servers, verified as a browser or the hub verifies them, with the reason where one is refused.

No secret is sent over these connections. A refused certificate is read again without verification, only to report its
names or its period of validity.
"""

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pyasn1.codec.der import decoder
from pyasn1.error import PyAsn1Error

from components.deadline import deadline
from components.tls import Fault, certificate_fault, verifying_context

TIMEOUT_SECONDS = 5.0
"""Timeout to connect, and again for each next part of the handshake."""

HANDSHAKE_TIMES = 3
"""Deadline of a whole handshake, as a multiple of the timeout."""

RENEWAL_OVERDUE = timedelta(days=21)
"""Remaining validity that means a missed renewal: cert-manager renews a certificate 30 days before its end."""

_START_TLS = bytes.fromhex("301d02010177188016") + b"1.3.6.1.4.1.1466.20037"
"""LDAP's extended request StartTLS (RFC 4511, section 4.14), message 1."""


@dataclass(frozen=True)
class Endpoint:
    """Server to connect to at ``address``; its certificate must contain ``name``."""

    name: str
    address: str
    port: int
    start_tls: bool = False

    def __str__(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port}"


@dataclass(frozen=True)
class Certificate:
    """Verified certificate. ``ends`` is in UTC."""

    names: tuple[str, ...]
    issuer: str
    ends: datetime

    def is_ending(self, now: datetime) -> bool:
        """Return whether its renewal is overdue."""
        return self.ends - now < RENEWAL_OVERDUE


class NoConnection(Exception):
    """The server does not answer. The text names the server and the reason."""


class CertificateRefused(Exception):
    """The server's certificate is not trusted. The text gives the reason."""


def trust(ca: str | None) -> ssl.SSLContext:
    """Return a context that trusts only this PEM text; without one, the system's authorities and SSL_CERT_FILE."""
    return verifying_context(ca)


def read_certificate(
    endpoint: Endpoint, context: Callable[[], ssl.SSLContext], timeout_seconds: float = TIMEOUT_SECONDS
) -> Certificate:
    """Connect and return the server's verified certificate.

    Args:
        endpoint: the server.
        context: returns a new context with the authorities to trust; called for each attempt.
        timeout_seconds: for each step, as ``TIMEOUT_SECONDS``.

    Raises:
        NoConnection: the server does not answer, or not with TLS.
        CertificateRefused: the certificate is not valid for the name.
    """
    try:
        return _certificate(_handshake(endpoint, context(), timeout_seconds)[0])
    except ssl.SSLCertVerificationError as failure:
        raise CertificateRefused(_reason(failure, endpoint, context, timeout_seconds)) from None


def connect(endpoint: Endpoint, timeout_seconds: float = TIMEOUT_SECONDS) -> socket.socket:
    """Open a TCP connection.

    Raises:
        NoConnection: there is no connection.
    """
    try:
        return socket.create_connection((endpoint.address, endpoint.port), timeout_seconds)
    except TimeoutError:
        reason = f"no answer within {timeout_seconds:g} s"
    except ConnectionRefusedError:
        reason = "the connection was refused: no program listens there"
    except socket.gaierror:
        reason = "the name cannot be resolved"
    except OSError as error:
        reason = f"no connection: {error.strerror or type(error).__name__}"
    raise NoConnection(f"connecting to {endpoint}: {reason}")


def _handshake(endpoint: Endpoint, context: ssl.SSLContext, timeout_seconds: float) -> tuple[Any, bytes]:
    """Return the server's certificate as a Python object, which is empty without verification, and as DER."""
    plain = connect(endpoint, timeout_seconds)
    try:
        if endpoint.start_tls:
            _start_tls(plain, endpoint)
        with context.wrap_socket(plain, server_hostname=endpoint.name, do_handshake_on_connect=False) as secure:
            with deadline(HANDSHAKE_TIMES * timeout_seconds, lambda: secure):
                secure.do_handshake()
            return secure.getpeercert(), secure.getpeercert(binary_form=True) or b""
    except ssl.SSLCertVerificationError:
        raise
    except TimeoutError:
        raise NoConnection(f"TLS with {endpoint}: no answer within {timeout_seconds:g} s") from None
    except OSError as error:
        reason = getattr(error, "reason", None) or error.strerror or type(error).__name__
        raise NoConnection(f"TLS with {endpoint}: the server does not use TLS 1.2 or newer [{reason}]") from None
    finally:
        plain.close()


def _start_tls(plain: socket.socket, endpoint: Endpoint) -> None:
    plain.sendall(_START_TLS)
    answer = plain.recv(4096)
    # The first element of an ExtendedResponse (application tag 24) is the result code.
    at = answer.find(b"\x0a\x01")
    if b"\x78" not in answer[:8] or at < 0 or answer[at + 2 : at + 3] != b"\x00":
        raise NoConnection(f"StartTLS with {endpoint}: the server does not start TLS; set identity.tls to ldaps")


def _certificate(peer: Any) -> Certificate:  # noqa: ANN401 - the untyped result of getpeercert
    issuer = dict(pair[0] for pair in peer.get("issuer", ()))
    return Certificate(
        names=tuple(name for _, name in peer.get("subjectAltName", ())),
        issuer=issuer.get("commonName") or issuer.get("organizationName") or "an authority without a name",
        ends=datetime.fromtimestamp(ssl.cert_time_to_seconds(peer["notAfter"]), UTC),
    )


def _reason(
    failure: ssl.SSLCertVerificationError,
    endpoint: Endpoint,
    context: Callable[[], ssl.SSLContext],
    timeout_seconds: float,
) -> str:
    fault = certificate_fault(failure)
    if fault is Fault.ANOTHER_HOST:
        lenient = context()
        lenient.check_hostname = False
        names = "other names"
        with suppress(ssl.SSLError, NoConnection, KeyError):
            names = ", ".join(_certificate(_handshake(endpoint, lenient, timeout_seconds)[0]).names) or "none"
        return f"the certificate is not for {endpoint.name}; it is for {names}"
    if fault is Fault.VALIDITY:
        blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        blind.check_hostname = False
        blind.verify_mode = ssl.CERT_NONE
        with suppress(NoConnection, PyAsn1Error, ValueError):
            begins, ends = _validity(_handshake(endpoint, blind, timeout_seconds)[1])
            if begins <= datetime.now(UTC) <= ends:
                return f"the certificate of its authority is not valid now [{failure.verify_message}]"
            return f"the certificate is valid from {format_time(begins)} to {format_time(ends)}, and not now"
        return f"the certificate has expired or is not valid yet [{failure.verify_message}]"
    if fault is Fault.UNKNOWN_AUTHORITY:
        return f"the certificate is not signed by a trusted authority [{failure.verify_message}]"
    return f"the certificate or its authority's is not acceptable [{failure.verify_message}]"


def format_time(time: datetime) -> str:
    """Return a time in UTC for messages."""
    return f"{time:%Y-%m-%d %H:%M} UTC"


def _validity(der: bytes) -> tuple[datetime, datetime]:
    """Return the begin and end of a certificate's validity, its fifth field (RFC 5280, section 4.1)."""
    whole, _ = decoder.decode(der)
    begins, ends = (whole[0][4][index].asDateTime.astimezone(UTC) for index in (0, 1))
    return begins, ends
