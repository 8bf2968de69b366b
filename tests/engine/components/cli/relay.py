"""Stands between a client and the real directory, and keeps the directory's answer to a change to itself."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.support.directory import ThrowAwayDirectory

WAIT_SECONDS = 30
MODIFY = 0x66
"""Tag of a ModifyRequest (RFC 4511, section 4.6)."""


@dataclass
class Relay:
    """The port to connect to. ``changed`` is set once the directory has answered a change; nobody else hears it."""

    port: int
    changed: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def relay(directory: ThrowAwayDirectory, shown: ssl.SSLContext, *, closes: bool) -> Iterator[Relay]:
    """Hand everything on, but the answer to a change.

    Args:
        directory: the real one.
        shown: the certificate that clients are shown.
        closes: whether the connection ends then; else it stays open without a word.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Relay(listener.getsockname()[1])

        def serve() -> None:
            while not made.over.is_set():
                with suppress(OSError):
                    client, _ = listener.accept()
                    _hand_on(client, directory, shown, made, closes)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            made.over.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(WAIT_SECONDS)


def _hand_on(
    client: socket.socket, directory: ThrowAwayDirectory, shown: ssl.SSLContext, made: Relay, closes: bool
) -> None:
    client.settimeout(WAIT_SECONDS)
    trusted = ssl.create_default_context(cafile=str(directory.ca_file))
    with (
        client,
        shown.wrap_socket(client, server_side=True) as asking,
        socket.create_connection((directory.address, directory.ldaps_port), WAIT_SECONDS) as plain,
        trusted.wrap_socket(plain, server_hostname=directory.host) as answering,
    ):
        kept = threading.Event()
        back = threading.Thread(target=_answer, args=(answering, asking, kept, made, closes), daemon=True)
        back.start()
        with suppress(OSError):
            # The client waits for each answer, so each part that is read here is one request.
            while request := asking.recv(65536):
                if _kind(request) == MODIFY:
                    kept.set()
                answering.sendall(request)
            answering.shutdown(socket.SHUT_WR)
        back.join(WAIT_SECONDS)


def _answer(answering: ssl.SSLSocket, asking: ssl.SSLSocket, kept: threading.Event, made: Relay, closes: bool) -> None:
    with suppress(OSError):
        while answer := answering.recv(65536):
            if not kept.is_set():
                asking.sendall(answer)
                continue
            made.changed.set()
            if closes:
                asking.shutdown(socket.SHUT_RDWR)
            return


def _kind(message: bytes) -> int:
    """The tag of an LDAP message's operation: behind the message's length and its number."""
    at = 2 + (message[1] & 0x7F if message[1] & 0x80 else 0)
    return message[at + 2 + message[at + 1]]
