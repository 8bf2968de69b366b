"""The processes of one engine run: found below this one, killed as a crash or a power cut would, waited for."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

GONE_SECONDS = 20.0


def children(parent: int | None = None) -> list[int]:
    """The direct children of a process; of this one when none is named."""
    of = parent or os.getpid()
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{of}/task").iterdir():
            found += [int(word) for word in (task / "children").read_text().split()]
    return found


def below(parent: int) -> Iterator[int]:
    """All descendants of a process, parents first."""
    for child in children(parent):
        yield child
        yield from below(child)


def program(process: int) -> str:
    """The name of the program a process runs; empty where it is gone."""
    try:
        return Path(f"/proc/{process}/exe").readlink().name
    except OSError:
        return ""


def words(process: int) -> str:
    """A process's arguments, as anybody on the machine may read them."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def engine() -> int | None:
    """The engine that runs an operation for this process now."""
    for child in children():
        if program(child) == "pulumi" and any(f" {verb} " in words(child) for verb in ("up", "destroy", "preview")):
            return child
    return None


def kill(*processes: int) -> None:
    """SIGKILL to each, in this order; fine where one is gone."""
    for each in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)


def wait_until_gone(processes: list[int]) -> None:
    """Until none of them runs."""
    deadline = time.monotonic() + GONE_SECONDS
    while alive := [each for each in processes if program(each)]:
        assert time.monotonic() < deadline, f"{[words(each) for each in alive]} still run"
        time.sleep(0.05)
