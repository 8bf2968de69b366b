"""Whole processes from outside: seconds, and the most memory each process below held."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LOOK_SECONDS = 0.05
LEAVE_SECONDS = 60.0
"""For a command that is told to stop, an engine in the middle of its work among them."""

NO_CACHE = "PYTHONDONTWRITEBYTECODE"
"""Set, as in many containers, it makes every process compile the project's modules anew; an operator's keeps them."""


class RunFailed(Exception):
    """A measured command failed; the text is its last output, ``code`` its exit code."""

    def __init__(self, what: str, code: int | None = None) -> None:
        super().__init__(what)
        self.code = code


@dataclass(frozen=True)
class Run:
    """One finished run."""

    seconds: float
    output: str
    peak_mib: Mapping[str, float]
    """The most resident memory by command line, of the largest with each; what ended between two looks is missing."""
    together_mib: float
    """The most memory of all at one time, what several share counted once."""


def timed(
    command: Sequence[str],
    *,
    cwd: Path,
    variables: Mapping[str, str],
    timeout_seconds: float = 300,
    memory: bool = False,
) -> Run:
    """Run a command to its end; where this process is interrupted, the command and all it started end first.

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
        start_new_session=True,
    )
    watch = _Watch(process.pid)
    if memory:
        watch.start()
    try:
        output, _ = process.communicate(timeout=timeout_seconds)
    except subprocess.TimeoutExpired:
        raise RunFailed(f"{command[0]} did not end within {timeout_seconds:g} s") from None
    finally:
        watch.done.set()
        if process.poll() is None:
            _end(process)
    seconds = time.perf_counter() - started
    if process.returncode != 0:
        raise RunFailed(
            "\n".join([f"{' '.join(command[:3])} failed:", *output.strip().splitlines()[-8:]]), process.returncode
        )
    return Run(seconds, output, watch.by_name(), watch.together_mib)


def _end(process: subprocess.Popen[str]) -> None:
    """The session that the process leads, first politely."""
    for number in (signal.SIGINT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=LEAVE_SECONDS)
            return


class _Watch(threading.Thread):
    """Looks again and again at a process and all below it."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.done = threading.Event()
        self.together_mib = 0.0
        self._root = root
        self._peaks: dict[int, tuple[str, float]] = {}

    def run(self) -> None:
        while not self.done.wait(LOOK_SECONDS):
            waiting, together = [self._root], 0.0
            while waiting:
                pid = waiting.pop()
                waiting += _children(pid)
                together += shared_mib(pid)
                name = _name(pid)
                if name:
                    self._peaks[pid] = (name, max(peak_mib(pid), self._peaks.get(pid, (name, 0.0))[1]))
            self.together_mib = max(self.together_mib, round(together, 1))

    def by_name(self) -> dict[str, float]:
        """The most that a process of each name ever held."""
        # The largest comes last, and stays.
        return dict(sorted(self._peaks.values()))


def peak_mib(pid: int) -> float:
    """The most resident memory the process ever held; 0 where it is gone."""
    return _mib(Path(f"/proc/{pid}/status"), "VmHWM")


def shared_mib(pid: int) -> float:
    """The memory the process holds now, of pages it shares its part alone; 0 where it is gone.

    Source: Linux' proportional set size, ``/proc/PID/smaps_rollup``.
    """
    return _mib(Path(f"/proc/{pid}/smaps_rollup"), "Pss")


def _children(pid: int) -> list[int]:
    found = []
    for task in _read(Path(f"/proc/{pid}/task"), folder=True).split():
        found += [int(child) for child in _read(Path(f"/proc/{pid}/task/{task}/children")).split()]
    return found


def _name(pid: int) -> str:
    """Enough of a command line to tell the processes of a preview apart."""
    words = _read(Path(f"/proc/{pid}/cmdline")).split("\0")
    return " ".join(Path(word).name for word in words[:4] if word and not word.startswith("-"))


def _mib(file: Path, key: str) -> float:
    for line in _read(file).splitlines():
        if line.startswith(f"{key}:"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


def _read(path: Path, *, folder: bool = False) -> str:
    """A file of /proc, or the names in a folder of it; empty where the process is gone."""
    try:
        return " ".join(entry.name for entry in path.iterdir()) if folder else path.read_text(errors="replace")
    except OSError:
        return ""
