"""Processes of an engine's run: find, kill and wait for the descendants of this process."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from tests.support.waiting import wait_until


def children(parent: int | None = None) -> list[int]:
    """Return the direct children of a process; by default of this one."""
    process = parent or os.getpid()
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            found += [int(word) for word in (task / "children").read_text().split()]
    return found


def below(parent: int) -> Iterator[int]:
    """Yield all descendants of a process, parents first."""
    for child in children(parent):
        yield child
        yield from below(child)


def program(process: int) -> str:
    """Return the name of the program of a process; empty if the process has ended."""
    try:
        return Path(f"/proc/{process}/exe").readlink().name
    except OSError:
        return ""


def words(process: int) -> str:
    """Return a process's arguments, which every user of the machine can read."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def engine() -> int | None:
    """Return the engine that this process has started; None if there is none."""
    for child in children():
        if program(child) == "pulumi" and any(f" {verb} " in words(child) for verb in ("up", "destroy", "preview")):
            return child
    return None


def kill(*processes: int) -> None:
    """Send SIGKILL to the processes in this order; ended processes are ignored."""
    for each in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)


def wait_until_gone(processes: list[int]) -> None:
    """Wait until all processes have ended."""

    def running() -> list[int]:
        return [each for each in processes if program(each)]

    wait_until(lambda: not running(), lambda: f"{[words(each) for each in running()]} are still running")
