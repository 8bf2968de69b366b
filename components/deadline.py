"""Overall deadline for a socket exchange. A socket's own timeout restarts with every byte that arrives."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def deadline(seconds: float, current_socket: Callable[[], socket.socket | None]) -> Iterator[threading.Event]:
    """Shut a socket down, from another thread, if the block has not finished after ``seconds``. The block then fails.

    Args:
        seconds: how long the block may take.
        current_socket: returns the socket that the block waits for. A TLS socket must be returned before its handshake
            begins, so that an endless handshake ends too: wrap it with ``do_handshake_on_connect=False``.

    Yields:
        An event that is set once the deadline has expired.
    """
    expired = threading.Event()

    def expire() -> None:
        expired.set()
        with suppress(Exception):
            if waiting := current_socket():
                waiting.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, expire)
    timer.daemon = True
    timer.start()
    try:
        yield expired
    finally:
        timer.cancel()
