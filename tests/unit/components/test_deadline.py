import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from components.deadline import deadline
from components.https import HttpsConnection

DEADLINE_SECONDS = 0.5
BYTE_INTERVAL_SECONDS = 0.05
"""Shorter than the socket's timeout, so that the timeout never expires."""

HANDSHAKE_RECORD = b"\x16\x03\x03\x40\x00"
"""Header of a TLS record with 16,384 bytes, for which the client waits."""


@contextmanager
def endless_handshake() -> Iterator[int]:
    """Serve a TLS record one byte at a time; yield the port."""
    stopped = threading.Event()

    def serve() -> None:
        with suppress(OSError):
            client, _ = listener.accept()
            with client:
                for byte in HANDSHAKE_RECORD + bytes(1000):
                    client.sendall(bytes([byte]))
                    if stopped.wait(BYTE_INTERVAL_SECONDS):
                        return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stopped.set()
            thread.join()


def test_deadline_ends_an_endless_tls_handshake() -> None:
    with endless_handshake() as port:
        connection = HttpsConnection("127.0.0.1", port, ssl.create_default_context(), timeout_seconds=5)
        begin = time.monotonic()
        with pytest.raises(OSError), deadline(DEADLINE_SECONDS, lambda: connection.sock) as expired:  # noqa: PT011 - any
            connection.request("GET", "/")
        connection.close()

    assert expired.is_set()
    assert time.monotonic() - begin < 4


def test_deadline_does_not_expire_after_the_block() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with deadline(0.05, lambda: ours) as expired:
            pass
        time.sleep(0.2)
        ours.sendall(b"still open")

    assert not expired.is_set()
