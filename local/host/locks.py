"""One command at a time: two that change the same local tenancy at once would take each other's work away."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.paths import State
from local.progress import Report


@contextmanager
def turn(state: State, report: Report, command: str) -> Iterator[None]:
    """Wait for the command that is at work on this state folder, saying which; hold off others inside the block.

    A killed process gives its turn up by itself.
    """
    state.root.mkdir(parents=True, exist_ok=True)
    with _file(state).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with report.step(f"Waiting for {_holder(state)}, which is at work on this tenancy"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate(0)
        lock.write(f"make {command} (process {os.getpid()})")
        lock.flush()
        try:
            yield
        finally:
            lock.truncate(0)


def _file(state: State) -> Path:
    return state.root / "turn"


def _holder(state: State) -> str:
    return _file(state).read_text() or "another command"
