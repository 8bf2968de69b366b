"""Observations outside the cluster: the certificate at the hub's public address, and the directory's servers.

Both block, so they need threads of their own.
"""

import socket
import ssl

from cryptography import x509

from components.freeipa.connection import Connection
from components.freeipa.errors import Unreachable
from components.freeipa.settings import Directory, ServerAddress

CONNECT_SECONDS = 10.0


def certificate_end(address: str, port: int, host: str) -> float:
    """Return the end of the validity, in seconds since 1970, of the certificate that browsers get for the host.

    The certificate is not verified, as the end of an expired one is wanted too. Nothing is sent.

    Raises:
        OSError: there is no connection, or no TLS.
        ValueError: the certificate cannot be read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((address, port), CONNECT_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        shown = secured.getpeercert(binary_form=True)
    return x509.load_der_x509_certificate(shown or b"").not_valid_after_utc.timestamp()


def is_reachable(directory: Directory, server: ServerAddress) -> bool:
    """Return whether a verified TLS connection to the directory's server can be made."""
    try:
        Connection.check(directory, server)
    except Unreachable:
        return False
    return True
