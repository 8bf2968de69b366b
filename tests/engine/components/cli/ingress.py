"""Stand-in for an ingress controller: a TLS port whose connections are forwarded to the hub."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.support.forwarding import forward

WAIT_SECONDS = 30


@contextmanager
def serve_ingress(context: ssl.SSLContext, hub_port: int, port: int = 0) -> Iterator[int]:
    """Serve during the block; yield the port."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        stopped = threading.Event()

        def serve() -> None:
            while not stopped.is_set():
                with suppress(OSError):
                    client, _ = listener.accept()
                    threading.Thread(target=_forward, args=(client, context, hub_port), daemon=True).start()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stopped.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(WAIT_SECONDS)


def _forward(client: socket.socket, context: ssl.SSLContext, hub_port: int) -> None:
    client.settimeout(WAIT_SECONDS)
    with (
        suppress(OSError),
        client,
        context.wrap_socket(client, server_side=True) as browser,
        socket.create_connection(("127.0.0.1", hub_port), WAIT_SECONDS) as hub,
    ):
        forward(browser, hub, WAIT_SECONDS)
