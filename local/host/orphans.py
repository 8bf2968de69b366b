"""Processes that nobody holds any more: found by a variable in their environment, ended kindly, then by force."""

import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

PROC = Path("/proc")


def with_variable(name: str, value: str | None = None) -> list[int]:
    """Processes started with the environment variable ``name`` (set to ``value``, if given); this one excepted."""
    found = []
    for entry in PROC.iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue
        if _has(environment, name, value):
            found.append(int(entry.name))
    return [pid for pid in found if is_alive(pid)]


def is_alive(pid: int) -> bool:
    """Whether the process runs. A zombie does not: it only waits for its parent to take note."""
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return False
    state = stat.rpartition(")")[2].split()[0]
    return state not in {"Z", "X"}


def end(pids: Iterable[int], *, timeout_seconds: float) -> list[int]:
    """Ask each process to stop, kill what still runs after ``timeout_seconds``; returns what even that left."""
    left = _signal(pids, signal.SIGTERM)
    left = _wait(left, timeout_seconds)
    left = _signal(left, signal.SIGKILL)
    return _wait(left, timeout_seconds)


def _has(environment: bytes, name: str, value: str | None) -> bool:
    prefix = f"{name}=".encode()
    for variable in environment.split(b"\0"):
        if variable.startswith(prefix):
            return value is None or variable == prefix + value.encode()
    return False


def _signal(pids: Iterable[int], number: signal.Signals) -> list[int]:
    reached = []
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
        reached.append(pid)
    return reached


def _wait(pids: list[int], timeout_seconds: float) -> list[int]:
    deadline = time.monotonic() + timeout_seconds
    while pids and time.monotonic() < deadline:
        time.sleep(0.05)
        pids = [pid for pid in pids if is_alive(pid)]
    return [pid for pid in pids if is_alive(pid)]
