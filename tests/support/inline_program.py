"""What runs of inline programs need between them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from pulumi.automation import CommandError

THREAD_ENDS_SECONDS = 1.0


@contextmanager
def ended_after_failure() -> Iterator[None]:
    """Around one run: the thread of a failed one lives on for a moment, and would stop the event loop of the next."""
    try:
        yield
    except CommandError:
        time.sleep(THREAD_ENDS_SECONDS)
        raise
