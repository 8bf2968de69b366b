"""An end to waiting for somebody who answers, but ever so slowly: a socket's time-out begins anew with every byte."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def ended_after(seconds: float, end: Callable[[], object]) -> Iterator[threading.Event]:
    """Call ``end`` from another thread once the block has taken ``seconds``; the event says that it came to that.

    ``end`` is to make the block fail, e.g. by shutting its socket down. What it raises is lost.
    """
    over = threading.Event()

    def ring() -> None:
        over.set()
        with suppress(Exception):
            end()

    timer = threading.Timer(seconds, ring)
    timer.daemon = True
    timer.start()
    try:
        yield over
    finally:
        timer.cancel()
