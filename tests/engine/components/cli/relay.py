"""Relay between a client and the real directory that drops the directory's answer to a change."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.support.directory import ThrowAwayDirectory
from tests.support.forwarding import forward

WAIT_SECONDS = 30
MODIFY = 0x66
"""Tag of a ModifyRequest (RFC 4511, section 4.6)."""


@dataclass
class Relay:
    """Port of the relay. ``changed`` is set once the directory has answered a change; the client gets no answer."""

    port: int
    changed: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)


@contextmanager
def relay(directory: ThrowAwayDirectory, shown: ssl.SSLContext, *, closes: bool) -> Iterator[Relay]:
    """Forward everything except the answer to a change.

    Args:
        directory: the real directory.
        shown: the certificate for clients.
        closes: whether the connection ends then; otherwise it stays open without an answer.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Relay(listener.getsockname()[1])

        def serve() -> None:
            while not made.stopped.is_set():
                with suppress(OSError):
                    client, _ = listener.accept()
                    _forward(client, directory, shown, made, closes)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            made.stopped.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(WAIT_SECONDS)


def _forward(
    client: socket.socket, directory: ThrowAwayDirectory, shown: ssl.SSLContext, made: Relay, closes: bool
) -> None:
    client.settimeout(WAIT_SECONDS)
    trusted = ssl.create_default_context(cafile=str(directory.ca_file))
    with (
        client,
        shown.wrap_socket(client, server_side=True) as client_tls,
        socket.create_connection((directory.address, directory.ldaps_port), WAIT_SECONDS) as plain,
        trusted.wrap_socket(plain, server_hostname=directory.host) as directory_tls,
    ):
        is_dropping = False

        # The client waits for each answer, so each part is one request.
        def request(part: bytes) -> bytes:
            nonlocal is_dropping
            is_dropping = is_dropping or _kind(part) == MODIFY
            return part

        def answer(part: bytes) -> bytes | None:
            if not is_dropping:
                return part
            made.changed.set()
            if closes:
                client_tls.shutdown(socket.SHUT_RDWR)
            return None

        forward(client_tls, directory_tls, WAIT_SECONDS, request=request, answer=answer)


def _kind(message: bytes) -> int:
    """Return the tag of an LDAP message's operation, which follows the message's length and its number."""
    at = 2 + (message[1] & 0x7F if message[1] & 0x80 else 0)
    return message[at + 2 + message[at + 1]]
