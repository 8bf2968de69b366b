"""Processes whose parent is gone: found by a variable in their environment, and ended."""

import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

PROC = Path("/proc")


def with_variable(name: str, value: str | None = None) -> list[int]:
    """Ids of the processes that have the environment variable ``name`` (with ``value``, if given), except this one."""
    found = []
    for entry in PROC.iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue
        if _has_variable(environment, name, value):
            found.append(int(entry.name))
    return [pid for pid in found if is_alive(pid)]


def is_alive(pid: int) -> bool:
    """Return whether the process runs. A zombie does not: it has ended and its parent has not read its exit code."""
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return False
    state = stat.rpartition(")")[2].split()[0]
    return state not in {"Z", "X"}


def end(pids: Iterable[int], *, timeout_seconds: float) -> list[int]:
    """Terminate the processes and kill those that still run after ``timeout_seconds``; return those still left."""
    left = _signal(pids, signal.SIGTERM)
    left = _wait(left, timeout_seconds)
    left = _signal(left, signal.SIGKILL)
    return _wait(left, timeout_seconds)


def _has_variable(environment: bytes, name: str, value: str | None) -> bool:
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
