"""TLS of an LDAP connection, and the error class of a connection that failed."""

import socket
import ssl
from collections.abc import Mapping

import ldap3
from ldap3.core.exceptions import LDAPSessionTerminatedByServerError, LDAPSocketOpenError

from components.freeipa import connection_errors
from components.freeipa.errors import Attempt, Unreachable
from components.tls import Fault, certificate_fault, verifying_context

_CERTIFICATE_ERRORS: Mapping[Fault, type[Unreachable]] = {
    Fault.ANOTHER_HOST: connection_errors.CertificateOfAnotherHost,
    Fault.VALIDITY: connection_errors.CertificateExpired,
    Fault.UNKNOWN_AUTHORITY: connection_errors.CertificateUntrusted,
    Fault.UNACCEPTABLE: connection_errors.CertificateUnacceptable,
}


class VerifiedTls(ldap3.Tls):
    """TLS 1.2 or newer in which Python verifies certificate and host name during the handshake.

    ldap3 verifies names itself, and keeps only the text of a failure. ``failure`` keeps the exception.
    """

    def __init__(self, ca_certificate: str | None, host: str) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._context = verifying_context(ca_certificate)
        self._host = host
        self.failure: Exception | None = None

    def wrap_socket(self, connection: ldap3.Connection, do_handshake: bool = False) -> None:
        """Replace the connection's socket with a verified TLS socket."""
        try:
            secured = self._context.wrap_socket(
                connection.socket, server_hostname=self._host, do_handshake_on_connect=False
            )
            connection.socket = secured  # set before the handshake, so that a deadline can end the handshake too
            secured.do_handshake()
        except Exception as error:
            self.failure = error
            raise


def tls_error(attempt: Attempt, error: Exception) -> Unreachable:
    """Return the error for an exception of the TLS handshake."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATE_ERRORS[certificate_fault(error)](attempt, error.verify_message)
    if isinstance(error, TimeoutError):
        return connection_errors.TimedOut(attempt)
    return connection_errors.NoTls(attempt, getattr(error, "reason", None) or type(error).__name__)


def connection_error(attempt: Attempt, error: Exception) -> Unreachable:
    """Return the error for any other exception of a connection.

    ldap3 derives its exceptions from the system's, or lists one exception for each address of the server.
    """
    tried = error.args[1] if isinstance(error, LDAPSocketOpenError) and len(error.args) > 1 else [(error, None)]
    causes = [cause for cause, _ in tried]
    for kind, unreachable in (
        (TimeoutError, connection_errors.TimedOut),
        (ConnectionRefusedError, connection_errors.ConnectionRefused),
        (LDAPSessionTerminatedByServerError, connection_errors.ServerClosed),
        (ConnectionError, connection_errors.ServerClosed),
        (ssl.SSLError, connection_errors.ServerClosed),
        (socket.gaierror, connection_errors.CannotResolve),
        (LDAPSocketOpenError, connection_errors.ConnectFailed),
        (OSError, connection_errors.ServerClosed),
    ):
        if any(isinstance(cause, kind) for cause in causes):
            return unreachable(attempt)
    return connection_errors.GarbledAnswer(attempt, type(error).__name__)
