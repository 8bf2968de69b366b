"""A pause after failed runs of inline programs."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from pulumi.automation import CommandError

THREAD_ENDS_SECONDS = 1.0


@contextmanager
def ended_after_failure() -> Iterator[None]:
    """After a failed run, wait for the end of its thread, which would stop the event loop of the next run."""
    try:
        yield
    except CommandError:
        time.sleep(THREAD_ENDS_SECONDS)
        raise
