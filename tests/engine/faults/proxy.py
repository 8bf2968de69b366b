"""A way to a server that can go bad: what it answers is slowed down, withheld, cut off or spoilt on the way."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

CHUNK = 4096
IDLE_SECONDS = 30.0


@dataclass(frozen=True)
class Weather:
    """What becomes of a server's answers, counted in bytes for each connection. The calm one leaves them alone."""

    delay_seconds: float = 0.0
    """Before each chunk."""
    byte_by_byte: bool = False
    """Each byte waits by itself."""
    withheld_after: int | None = None
    cut_after: int | None = None
    spoilt_after: int | None = None


CALM = Weather()


class Proxy:
    """Takes connections on a free port of loopback and passes them on."""

    def __init__(self, port: int) -> None:
        self.weather = CALM
        self.answered_bytes = 0
        """What the server sent in the last connection of calm weather."""
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._over = threading.Event()
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    @contextmanager
    def bad(self, weather: Weather) -> Iterator[None]:
        """The weather is such for connections made inside the block."""
        self.weather = weather
        try:
            yield
        finally:
            self.weather = CALM

    def close(self) -> None:
        """Take no more connections."""
        self._over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while not self._over.is_set():
            with suppress(OSError):
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client, replace(self.weather)), daemon=True).start()

    def _serve(self, client: socket.socket, weather: Weather) -> None:
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", self._target), IDLE_SECONDS) as server:
            client.settimeout(IDLE_SECONDS)
            threading.Thread(target=_forward, args=(client, server), daemon=True).start()
            try:
                self._pass_on(client, server, weather)
            finally:
                for end in (client, server):  # closing alone would wait for whoever reads from it
                    with suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)

    def _pass_on(self, client: socket.socket, server: socket.socket, weather: Weather) -> None:
        passed = 0
        while part := server.recv(1 if weather.byte_by_byte else CHUNK):
            if weather.withheld_after is not None and passed + len(part) > weather.withheld_after:
                self._over.wait(IDLE_SECONDS)
                return
            if weather.cut_after is not None and passed + len(part) > weather.cut_after:
                client.sendall(part[: weather.cut_after - passed])
                return
            if weather.spoilt_after is not None and passed + len(part) > weather.spoilt_after:
                part = bytes(byte ^ 0x5A for byte in part)
            time.sleep(weather.delay_seconds)
            client.sendall(part)
            passed += len(part)
        if weather == CALM:
            self.answered_bytes = passed


def _forward(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(CHUNK):
            sink.sendall(part)
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def proxy_to(port: int) -> Iterator[Proxy]:
    """A proxy to a port of loopback."""
    proxy = Proxy(port)
    try:
        yield proxy
    finally:
        proxy.close()
