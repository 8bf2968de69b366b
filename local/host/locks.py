"""Locks between processes. The kernel releases them when their process ends, even if it is killed."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.paths import State
from local.progress import Report


@contextmanager
def lock_file(file: Path) -> Iterator[None]:
    """Hold the lock ``file`` inside the block; wait while another process or thread holds it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def lock_tenancy(state: State, report: Report, command: str) -> Iterator[None]:
    """Let no other command change this local tenancy inside the block.

    If another command is running, its name is shown and this one waits for its end.

    Args:
        state: the state folder that the command changes.
        report: shows the step that waits.
        command: the make target, e.g. ``up``; shown to commands that wait for this one.
    """
    state.root.mkdir(parents=True, exist_ok=True)
    file = state.root / "command.lock"
    with file.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = file.read_text() or "another command"
            with report.step(f"Waiting for {holder}, which is changing this tenancy"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate(0)
        lock.write(f"make {command} (process {os.getpid()})")
        lock.flush()
        try:
            yield
        finally:
            lock.truncate(0)
