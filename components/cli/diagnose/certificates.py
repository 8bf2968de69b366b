"""What a server shows as its certificate, verified as a browser or the hub would, and why not where it is refused.

No secret is ever sent over a connection made here. A certificate that was refused is looked at again without
verification, only to say when it ended.
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

TIMEOUT_SECONDS = 5.0
"""To connect, and again for each next part of the handshake."""

WHOLE_TIMES = 3
"""A whole handshake may take as many times that."""

SOON = timedelta(days=21)
"""cert-manager renews a 90-day certificate 30 days before its end: one with less than this was not renewed."""

_NOT_YET_OR_EXPIRED = frozenset({9, 10})
_ANOTHER_HOST = frozenset({62, 64})
"""OpenSSL's X509_V_ERR_* numbers (``x509_vfy.h``)."""

_START_TLS = bytes.fromhex("301d02010177188016") + b"1.3.6.1.4.1.1466.20037"
"""LDAP's extended request StartTLS (RFC 4511, section 4.14), message 1."""


@dataclass(frozen=True)
class Endpoint:
    """Where to connect and whom to expect: ``name`` must be in the certificate, ``address`` is what is dialled."""

    name: str
    address: str
    port: int
    start_tls: bool = False

    def __str__(self) -> str:
        dialled = f"[{self.address}]" if ":" in self.address else self.address
        return f"{dialled}:{self.port}"


@dataclass(frozen=True)
class Certificate:
    """A certificate that was verified. ``ends`` is in UTC."""

    names: tuple[str, ...]
    issuer: str
    ends: datetime

    def is_ending(self, now: datetime) -> bool:
        """Whether its renewal is overdue."""
        return self.ends - now < SOON


class NoConnection(Exception):
    """Nothing answers there; the text says what was tried and why it failed."""


class Refused(Exception):
    """Something answers, and its certificate is not to be trusted; the text says why."""


def trust(ca: str | None) -> ssl.SSLContext:
    """A context that trusts this PEM text alone, or the system's authorities (and SSL_CERT_FILE) without it."""
    context = ssl.create_default_context(cadata=ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def certificate(
    endpoint: Endpoint, context: Callable[[], ssl.SSLContext], timeout_seconds: float = TIMEOUT_SECONDS
) -> Certificate:
    """The server's certificate, verified.

    Args:
        endpoint: the server.
        context: makes the context that says whom to trust; asked anew for each attempt.
        timeout_seconds: for each step, as ``TIMEOUT_SECONDS``.

    Raises:
        NoConnection: nothing answers, or it speaks no TLS.
        Refused: the certificate is not good for the name.
    """
    try:
        return _described(_shown(endpoint, context(), timeout_seconds)[0])
    except ssl.SSLCertVerificationError as failure:
        raise Refused(_why(failure, endpoint, context, timeout_seconds)) from None


def connect(endpoint: Endpoint, timeout_seconds: float = TIMEOUT_SECONDS) -> socket.socket:
    """A TCP connection.

    Raises:
        NoConnection: as its text says.
    """
    try:
        return socket.create_connection((endpoint.address, endpoint.port), timeout_seconds)
    except TimeoutError:
        why = f"no answer within {timeout_seconds:g} s"
    except ConnectionRefusedError:
        why = "the connection was refused: nothing listens there"
    except socket.gaierror:
        why = "the name cannot be resolved"
    except OSError as error:
        why = f"no connection: {error.strerror or type(error).__name__}"
    raise NoConnection(f"connecting to {endpoint}: {why}")


def _shown(endpoint: Endpoint, context: ssl.SSLContext, timeout_seconds: float) -> tuple[Any, bytes]:
    """The peer's certificate as Python describes it (empty where it was not verified), and as DER."""
    plain = connect(endpoint, timeout_seconds)
    try:
        if endpoint.start_tls:
            _ask_for_tls(plain, endpoint)
        with context.wrap_socket(plain, server_hostname=endpoint.name, do_handshake_on_connect=False) as secure:
            with deadline(WHOLE_TIMES * timeout_seconds, lambda: secure.shutdown(socket.SHUT_RDWR)):
                secure.do_handshake()
            return secure.getpeercert(), secure.getpeercert(binary_form=True) or b""
    except ssl.SSLCertVerificationError:
        raise
    except TimeoutError:
        raise NoConnection(f"TLS with {endpoint}: no answer within {timeout_seconds:g} s") from None
    except OSError as error:
        why = getattr(error, "reason", None) or error.strerror or type(error).__name__
        raise NoConnection(f"TLS with {endpoint}: what answers speaks no TLS 1.2 or newer [{why}]") from None
    finally:
        plain.close()


def _ask_for_tls(plain: socket.socket, endpoint: Endpoint) -> None:
    plain.sendall(_START_TLS)
    answer = plain.recv(4096)
    # ExtendedResponse, application tag 24, whose first element is the result code.
    at = answer.find(b"\x0a\x01")
    if b"\x78" not in answer[:8] or at < 0 or answer[at + 2 : at + 3] != b"\x00":
        raise NoConnection(f"StartTLS with {endpoint}: the server does not begin TLS; set identity.tls to ldaps")


def _described(peer: Any) -> Certificate:  # noqa: ANN401 - getpeercert's own shape
    issuer = dict(pair[0] for pair in peer.get("issuer", ()))
    return Certificate(
        names=tuple(name for _, name in peer.get("subjectAltName", ())),
        issuer=issuer.get("commonName") or issuer.get("organizationName") or "an authority without a name",
        ends=datetime.fromtimestamp(ssl.cert_time_to_seconds(peer["notAfter"]), UTC),
    )


def _why(
    failure: ssl.SSLCertVerificationError,
    endpoint: Endpoint,
    context: Callable[[], ssl.SSLContext],
    timeout_seconds: float,
) -> str:
    if failure.verify_code in _ANOTHER_HOST:
        lenient = context()
        lenient.check_hostname = False
        names = "others"
        with suppress(ssl.SSLError, NoConnection, KeyError):
            names = ", ".join(_described(_shown(endpoint, lenient, timeout_seconds)[0]).names) or "none"
        return f"the certificate is not for {endpoint.name}; it names {names}"
    if failure.verify_code in _NOT_YET_OR_EXPIRED:
        blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        blind.check_hostname = False
        blind.verify_mode = ssl.CERT_NONE
        with suppress(NoConnection, PyAsn1Error, ValueError):
            begins, ends = _validity(_shown(endpoint, blind, timeout_seconds)[1])
            return f"the certificate is good from {day(begins)} to {day(ends)}, and not now"
        return f"the certificate has expired or is not valid yet [{failure.verify_message}]"
    return f"the certificate is not signed by an authority that is trusted here [{failure.verify_message}]"


def day(when: datetime) -> str:
    """A moment as an operator reads it."""
    return f"{when:%Y-%m-%d %H:%M} UTC"


def _validity(der: bytes) -> tuple[datetime, datetime]:
    """From when to when a certificate is valid (RFC 5280, section 4.1: the fifth field of an X.509 v3 certificate)."""
    whole, _ = decoder.decode(der)
    begins, ends = (whole[0][4][index].asDateTime.astimezone(UTC) for index in (0, 1))
    return begins, ends
