"""A server on a real socket that answers LDAP requests by a script, also as no healthy directory would.

It decodes no more of a request than its number, its kind and its raw bytes (RFC 4511, section 4.1.1).
"""

import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

BIND, UNBIND, SEARCH, MODIFY, ADD, DELETE, EXTENDED = 0x60, 0x42, 0x63, 0x66, 0x68, 0x4A, 0x77
ANSWERED_BY = {BIND: 0x61, SEARCH: 0x65, MODIFY: 0x67, ADD: 0x69, DELETE: 0x6B, EXTENDED: 0x78}


@dataclass(frozen=True)
class Answer:
    """An answer with the result ``code``, or ``raw`` bytes; with ``cut``, the connection closes after some bytes."""

    code: int = 0
    message: str = ""
    refers_to: str = ""
    raw: bytes | None = None
    cut: int | None = None
    silent: bool = False

    def encoded(self, number: int, kind: int) -> bytes:
        if self.raw is not None:
            return self.raw
        content = _tlv(0x0A, bytes([self.code])) + _tlv(0x04, b"") + _tlv(0x04, self.message.encode())
        if self.refers_to:
            content += _tlv(0xA3, _tlv(0x04, self.refers_to.encode()))
        encoded = number.to_bytes(number.bit_length() // 8 + 1, "big")  # ldap3 counts over all connections
        whole = _tlv(0x30, _tlv(0x02, encoded) + _tlv(ANSWERED_BY[kind], content))
        return whole[: self.cut]


@dataclass
class ScriptedServer:
    """The requests to the server over all connections, in their order."""

    port: int
    kinds: list[int] = field(default_factory=list)
    received: bytes = b""
    connections: int = 0


@contextmanager
def scripted_server(
    answers: Sequence[Answer] = (), *, tls: ssl.SSLContext | None = None, start_tls: ssl.SSLContext | None = None
) -> Iterator[ScriptedServer]:
    """Answer each connection by the same script, then send nothing more. Without ``tls``, use plain text."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = ScriptedServer(listener.getsockname()[1])
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                with suppress(OSError, IndexError):  # a client that disconnects or does not send LDAP
                    client, _ = listener.accept()
                    server.connections += 1
                    client.settimeout(10)
                    with client:
                        _converse(client, answers, server, tls, start_tls, over)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            over.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(15)


def _converse(
    client: socket.socket,
    answers: Sequence[Answer],
    server: ScriptedServer,
    tls: ssl.SSLContext | None,
    start_tls: ssl.SSLContext | None,
    over: threading.Event,
) -> None:
    with ExitStack() as open_sockets:
        talk: socket.socket = tls.wrap_socket(client, server_side=True) if tls else client
        open_sockets.enter_context(talk)
        script = iter(answers)
        while (request := _message(talk)) is not None:
            number, kind, whole = request
            server.kinds.append(kind)
            server.received += whole
            if kind == UNBIND:
                return
            answer = next(script, Answer(silent=True))
            if answer.silent:
                over.wait(10)
                return
            talk.sendall(answer.encoded(number, kind))
            if answer.cut is not None:
                return
            if kind == EXTENDED and start_tls and answer.code == 0:
                talk = open_sockets.enter_context(start_tls.wrap_socket(talk, server_side=True))


def _message(talk: socket.socket) -> tuple[int, int, bytes] | None:
    head = _exactly(talk, 2)
    if not head:
        return None
    length = head[1]
    if length & 0x80:
        more = _exactly(talk, length & 0x7F)
        head, length = head + more, int.from_bytes(more, "big")
    body = _exactly(talk, length)
    number_length = body[1]
    return int.from_bytes(body[2 : 2 + number_length], "big"), body[2 + number_length], head + body


def _exactly(talk: socket.socket, count: int) -> bytes:
    got = b""
    while len(got) < count:
        part = talk.recv(count - len(got))
        if not part:
            return b""
        got += part
    return got


def _tlv(tag: int, value: bytes) -> bytes:
    if len(value) < 0x80:
        return bytes([tag, len(value)]) + value
    length = len(value).to_bytes(2, "big")
    return bytes([tag, 0x82]) + length + value
