"""Ingress with the usual limits, in front of a real one or of a server: request size and time, idle websockets."""

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass

from tests.support.forwarding import forward
from tests.support.served_connections import serve_connections

WAIT_SECONDS = 150.0
HEAD_BYTES = 65_536
LINGER_SECONDS = 2.0


@dataclass(frozen=True)
class Limits:
    """Limits of an ingress; None for none."""

    body_bytes: int | None = None
    request_seconds: float | None = None
    idle_seconds: float | None = None
    """Time without data after which a websocket is closed."""


@contextmanager
def limiting_ingress(
    connect: Callable[[], socket.socket], context: ssl.SSLContext | None, limits: Limits
) -> Iterator[int]:
    """Serve on loopback during the block; yield the port. Each connection carries one request, or a websocket.

    Args:
        connect: opens a connection to what is behind.
        context: the certificate to show; None serves without TLS.
        limits: what is refused or ended.
    """
    with serve_connections(lambda client: _serve(client, connect, context, limits), WAIT_SECONDS) as port:
        yield port


def _serve(
    client: socket.socket, connect: Callable[[], socket.socket], context: ssl.SSLContext | None, limits: Limits
) -> None:
    client.settimeout(WAIT_SECONDS)
    with suppress(OSError), client:
        browser = context.wrap_socket(client, server_side=True) if context else client
        with browser:
            head = _read_head(browser)
            if limits.body_bytes is not None and _length(head) > limits.body_bytes:
                _refuse(browser)
                return
            with closing(connect()) as server:
                server.sendall(head)
                _forward(browser, server, head, limits)


def _forward(browser: socket.socket, server: socket.socket, head: bytes, limits: Limits) -> None:
    is_websocket = re.search(rb"\r\nupgrade: *websocket", head, re.IGNORECASE) is not None
    wait = limits.idle_seconds if is_websocket and limits.idle_seconds else WAIT_SECONDS
    end = time.monotonic() + limits.request_seconds if limits.request_seconds and not is_websocket else None

    def within_time(part: bytes) -> bytes | None:
        if end is not None and time.monotonic() > end:
            raise TimeoutError
        return part

    forward(browser, server, wait, request=within_time)


def _read_head(browser: socket.socket) -> bytes:
    """Return the request's head, and the begin of its body."""
    head = b""
    while b"\r\n\r\n" not in head:
        part = browser.recv(HEAD_BYTES)
        if not part:
            raise ConnectionResetError
        head += part
    return head


def _length(head: bytes) -> int:
    found = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    return int(found[1]) if found else 0


def _refuse(browser: socket.socket) -> None:
    browser.sendall(b"HTTP/1.1 413 Request Entity Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    # An ingress reads on for a moment: a reset would discard the answer.
    browser.settimeout(LINGER_SECONDS)
    end = time.monotonic() + LINGER_SECONDS
    while time.monotonic() < end and browser.recv(HEAD_BYTES):
        pass
