"""Overall deadline for a socket exchange. A socket's own timeout restarts with every byte that arrives."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def deadline(seconds: float, cancel: Callable[[], object]) -> Iterator[threading.Event]:
    """Call ``cancel`` from another thread if the block has not finished after ``seconds``.

    Args:
        seconds: how long the block may take.
        cancel: makes the block fail, for example by shutting down its socket. Exceptions it raises are ignored.

    Yields:
        An event that is set once the deadline has expired.
    """
    expired = threading.Event()

    def expire() -> None:
        expired.set()
        with suppress(Exception):
            cancel()

    timer = threading.Timer(seconds, expire)
    timer.daemon = True
    timer.start()
    try:
        yield expired
    finally:
        timer.cancel()
