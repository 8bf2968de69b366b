"""A TCP proxy that injects network faults: a server's answers are delayed, withheld, cut off or corrupted."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

CHUNK = 4096
IDLE_SECONDS = 30.0


@dataclass(frozen=True)
class NetworkFault:
    """A change of a server's answers; positions are in bytes, counted per connection. The default changes nothing."""

    delay_seconds: float = 0.0
    """Pause before each chunk."""
    byte_by_byte: bool = False
    """Whether each byte is a chunk."""
    withhold_after: int | None = None
    """All answers after this position are withheld."""
    cut_after: int | None = None
    """The connection is closed at this position."""
    corrupt_after: int | None = None
    """All bytes after this position are changed."""


NO_FAULT = NetworkFault()


class Proxy:
    """Accepts connections on a free loopback port and forwards them."""

    def __init__(self, port: int) -> None:
        self.fault = NO_FAULT
        self.answered_bytes = 0
        """Number of bytes that the server sent in the last connection without a fault."""
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._closed = threading.Event()
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    @contextmanager
    def inject(self, fault: NetworkFault) -> Iterator[None]:
        """Inject the fault into connections made inside the block."""
        self.fault = fault
        try:
            yield
        finally:
            self.fault = NO_FAULT

    def close(self) -> None:
        """Accept no more connections."""
        self._closed.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while not self._closed.is_set():
            with suppress(OSError):
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client, replace(self.fault)), daemon=True).start()

    def _serve(self, client: socket.socket, fault: NetworkFault) -> None:
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", self._target), IDLE_SECONDS) as server:
            client.settimeout(IDLE_SECONDS)
            threading.Thread(target=_forward, args=(client, server), daemon=True).start()
            try:
                self._forward_answers(client, server, fault)
            finally:
                for end in (client, server):  # close() alone would wait for the thread that reads
                    with suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)

    def _forward_answers(self, client: socket.socket, server: socket.socket, fault: NetworkFault) -> None:
        passed = 0
        while part := server.recv(1 if fault.byte_by_byte else CHUNK):
            if fault.withhold_after is not None and passed + len(part) > fault.withhold_after:
                self._closed.wait(IDLE_SECONDS)
                return
            if fault.cut_after is not None and passed + len(part) > fault.cut_after:
                client.sendall(part[: fault.cut_after - passed])
                return
            if fault.corrupt_after is not None and passed + len(part) > fault.corrupt_after:
                part = bytes(byte ^ 0x5A for byte in part)
            time.sleep(fault.delay_seconds)
            client.sendall(part)
            passed += len(part)
        if fault == NO_FAULT:
            self.answered_bytes = passed


def _forward(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(CHUNK):
            sink.sendall(part)
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def proxy_to(port: int) -> Iterator[Proxy]:
    """Provide a proxy to a loopback port."""
    proxy = Proxy(port)
    try:
        yield proxy
    finally:
        proxy.close()
