"""HTTPS connection that a deadline can end during its handshake too."""

import socket
import ssl
from collections.abc import Callable
from http.client import HTTPSConnection


class HttpsConnection(HTTPSConnection):
    """HTTPS connection whose ``sock`` is set before the TLS handshake begins, for :func:`components.deadline.deadline`.

    No proxy is used.
    """

    def __init__(
        self,
        host: str,
        port: int,
        context: ssl.SSLContext,
        timeout_seconds: float,
        open_socket: Callable[[], socket.socket] | None = None,
    ) -> None:
        """Prepare the connection. It is opened with the first request.

        Args:
            host: the name in the certificate and in the header ``Host``.
            port: the port of ``host``.
            context: the authorities to trust.
            timeout_seconds: for connecting, and again for each next part of an answer.
            open_socket: connects by TCP; by default to ``host`` and ``port``.
        """
        super().__init__(host, port, timeout=timeout_seconds, context=context)
        self._tls = context
        self._open_socket = open_socket or (lambda: socket.create_connection((host, port), timeout_seconds))

    def connect(self) -> None:
        """Connect and complete the TLS handshake.

        Raises:
            OSError: there is no connection, or the certificate is not valid for the host.
        """
        plain = self._open_socket()
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock.do_handshake()
