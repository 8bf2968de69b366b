"""Whole processes from outside: seconds, and the most memory each process below held."""

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LOOK_SECONDS = 0.02

NO_CACHE = "PYTHONDONTWRITEBYTECODE"
"""Set, as in many containers, it makes every process compile the project's modules anew; an operator's keeps them."""


class RunFailed(Exception):
    """A measured command failed; the text is its last output, ``code`` its exit code."""

    def __init__(self, what: str, code: int | None = None) -> None:
        super().__init__(what)
        self.code = code


@dataclass(frozen=True)
class Run:
    """One finished run. ``peak_mib`` is by command line, one entry a process that lived longer than a look."""

    seconds: float
    output: str
    peak_mib: Mapping[str, float]


def timed(
    command: Sequence[str],
    *,
    cwd: Path,
    variables: Mapping[str, str],
    timeout_seconds: float = 300,
    memory: bool = False,
) -> Run:
    """Run a command to its end.

    Raises:
        RunFailed: it failed or took too long; with the end of what it said.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env={name: value for name, value in {**os.environ, **variables}.items() if name != NO_CACHE},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    peaks: dict[int, tuple[str, float]] = {}
    done = threading.Event()
    looking = threading.Thread(target=_look, args=(process.pid, peaks, done))
    if memory:
        looking.start()
    try:
        output, _ = process.communicate(timeout=timeout_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        raise RunFailed(f"{command[0]} did not end within {timeout_seconds:g} s") from None
    finally:
        done.set()
    seconds = time.perf_counter() - started
    if process.returncode != 0:
        raise RunFailed(
            "\n".join([f"{' '.join(command[:3])} failed:", *output.strip().splitlines()[-8:]]), process.returncode
        )
    return Run(seconds, output, dict(sorted(peaks.values())))


def peak_mib(pid: int) -> float:
    """The most resident memory the process ever held; 0 where it is gone."""
    return _status_mib(pid, "VmHWM")


def resident_mib(pid: int) -> float:
    """The resident memory the process holds now; 0 where it is gone."""
    return _status_mib(pid, "VmRSS")


def _look(root: int, peaks: dict[int, tuple[str, float]], done: threading.Event) -> None:
    while not done.wait(LOOK_SECONDS):
        waiting = [root]
        while waiting:
            pid = waiting.pop()
            waiting += _children(pid)
            name = _name(pid)
            if name:
                peaks[pid] = (name, max(peak_mib(pid), peaks.get(pid, (name, 0.0))[1]))


def _children(pid: int) -> list[int]:
    found = []
    for task in _read(Path(f"/proc/{pid}/task"), folder=True).split():
        found += [int(child) for child in _read(Path(f"/proc/{pid}/task/{task}/children")).split()]
    return found


def _name(pid: int) -> str:
    """Enough of a command line to tell the processes of a preview apart."""
    words = _read(Path(f"/proc/{pid}/cmdline")).split("\0")
    return " ".join(Path(word).name for word in words[:4] if word and not word.startswith("-"))


def _status_mib(pid: int, key: str) -> float:
    for line in _read(Path(f"/proc/{pid}/status")).splitlines():
        if line.startswith(f"{key}:"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


def _read(path: Path, *, folder: bool = False) -> str:
    """A file of /proc, or the names in a folder of it; empty where the process is gone."""
    try:
        return " ".join(entry.name for entry in path.iterdir()) if folder else path.read_text(errors="replace")
    except OSError:
        return ""
