"""A server on loopback that gives each connection to a function, in a thread of its own."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def serve_connections(handle: Callable[[socket.socket], None], wait_seconds: float, port: int = 0) -> Iterator[int]:
    """Serve during the block; yield the port.

    Args:
        handle: gets each connection, and closes it.
        wait_seconds: longest wait for the end of the thread that accepts connections.
        port: the port to listen on; 0 for a free one.
    """
    with socket.create_server(("127.0.0.1", port)) as listener:
        stopped = threading.Event()

        def serve() -> None:
            while not stopped.is_set():
                with suppress(OSError):
                    client, _ = listener.accept()
                    threading.Thread(target=handle, args=(client,), daemon=True).start()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stopped.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(wait_seconds)
