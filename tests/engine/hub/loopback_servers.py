"""Web servers at loopback that stand in for the hub's public address and for users' servers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.support.certificates import authority, server_context

LOOPBACK = "127.0.0.1"


class Address:
    """A web server with TLS at the hub's public address."""

    def __init__(self, folder: Path, host: str) -> None:
        self._folder, self._host = folder, host
        self._signer = authority("the authority of the hub's certificate")
        self._server = ThreadingHTTPServer((LOOPBACK, 0), _Silent)
        self.set_certificate(timedelta(days=90))

    @property
    def port(self) -> int:
        return int(self._server.server_port)

    def set_certificate(self, left: timedelta, host: str | None = None) -> None:
        """Use a certificate, by default the host's own, that is valid for this time from now on."""
        now = datetime.now(UTC)
        self._context = server_context(
            self._folder, self._signer, host or self._host, begin=now - timedelta(days=90), end=now + left
        )

    @contextmanager
    def served(self) -> Iterator[None]:
        """Answer inside the block."""

        def get_request() -> Any:
            connection, client = self._server.socket.accept()
            return self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), client

        self._server.get_request = get_request  # type: ignore[method-assign]
        with _served(self._server):
            yield


class _Silent(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def notebook_server() -> Iterator[int]:
    """Provide the port of a server that answers for the pod of a user's server."""
    server = ThreadingHTTPServer((LOOPBACK, 0), _Silent)
    with _served(server):
        yield int(server.server_port)


@contextmanager
def _served(server: ThreadingHTTPServer) -> Iterator[None]:
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
