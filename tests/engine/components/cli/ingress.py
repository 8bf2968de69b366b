"""Stand-in for an ingress controller: a TLS port whose connections are forwarded to the hub."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.support.forwarding import forward
from tests.support.served_connections import serve_connections

WAIT_SECONDS = 30


@contextmanager
def serve_ingress(context: ssl.SSLContext, hub_port: int, port: int = 0) -> Iterator[int]:
    """Serve during the block; yield the port."""
    with serve_connections(lambda client: _forward(client, context, hub_port), WAIT_SECONDS, port) as listening:
        yield listening


def _forward(client: socket.socket, context: ssl.SSLContext, hub_port: int) -> None:
    client.settimeout(WAIT_SECONDS)
    with (
        suppress(OSError),
        client,
        context.wrap_socket(client, server_side=True) as browser,
        socket.create_connection(("127.0.0.1", hub_port), WAIT_SECONDS) as hub,
    ):
        forward(browser, hub, WAIT_SECONDS)
