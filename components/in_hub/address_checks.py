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


def certificate_end(address: str, port: int, host: str) -> float | None:
    """Return the end of the validity, in seconds since 1970, of the certificate that browsers get for the host.

    The certificate is not verified, as the end of an expired one is wanted too. But without the host's own certificate,
    ingress controllers show one that they made themselves, whose end means nothing. Nothing is sent.

    Returns:
        The end; None if the certificate is for other hosts.

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
    certificate = x509.load_der_x509_certificate(shown or b"")
    matches = {host, f"*.{host.partition('.')[2]}"} & _host_names(certificate)
    return certificate.not_valid_after_utc.timestamp() if matches else None


def _host_names(certificate: x509.Certificate) -> set[str]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return set()
    return {name.lower() for name in extension.value.get_values_for_type(x509.DNSName)}


def is_reachable(directory: Directory, server: ServerAddress) -> bool:
    """Return whether a verified TLS connection to the directory's server can be made."""
    try:
        Connection.check(directory, server)
    except Unreachable:
        return False
    return True
