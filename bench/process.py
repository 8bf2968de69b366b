"""Duration of a command, and the peak memory of its processes."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.05
"""Pause between two readings of the processes' memory."""

STOP_SECONDS = 60.0
"""Time that an interrupted command has to end before it is killed; an engine first finishes what it has begun."""

NO_CACHE = "PYTHONDONTWRITEBYTECODE"
"""If it is set, every process compiles all modules again; commands are run without it, as on an operator's machine."""


class RunFailed(Exception):
    """A measured command failed; the text contains its last output."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        """The command's exit code; None if there is none."""


@dataclass(frozen=True)
class Run:
    """A finished command."""

    seconds: float
    output: str
    peak_mib: Mapping[str, float]
    """The peak resident memory by command line, of the largest process with each; short-lived processes are missing."""
    together_mib: float
    """The peak memory of all processes together; shared pages are counted once."""


def measure_command(
    command: Sequence[str],
    *,
    cwd: Path,
    variables: Mapping[str, str],
    timeout_seconds: float = 300,
    memory: bool = False,
) -> Run:
    """Run a command and measure it. If this process is interrupted, the command and its children are ended first.

    Args:
        command: the program and its arguments.
        cwd: its working directory.
        variables: environment variables added to those of this process.
        timeout_seconds: after this time the command is ended.
        memory: whether to measure memory as well.

    Raises:
        RunFailed: the command failed or took too long; contains the end of its output.
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
    monitor = _MemoryMonitor(process.pid)
    if memory:
        monitor.start()
    try:
        output, _ = process.communicate(timeout=timeout_seconds)
    except subprocess.TimeoutExpired:
        raise RunFailed(f"{command[0]} took longer than {timeout_seconds:g} s") from None
    finally:
        monitor.done.set()
        if process.poll() is None:
            _end(process)
    seconds = time.perf_counter() - started
    if process.returncode != 0:
        raise RunFailed(
            "\n".join([f"{' '.join(command[:3])} failed:", *output.strip().splitlines()[-8:]]), process.returncode
        )
    return Run(seconds, output, monitor.by_name(), monitor.together_mib)


def _end(process: subprocess.Popen[str]) -> None:
    """Interrupt the process group, and kill it if it does not end."""
    for number in (signal.SIGINT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=STOP_SECONDS)
            return


class _MemoryMonitor(threading.Thread):
    """Reads the memory of a process and its descendants periodically."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.done = threading.Event()
        self.together_mib = 0.0
        self._root = root
        self._peaks: dict[int, tuple[str, float]] = {}

    def run(self) -> None:
        while not self.done.wait(POLL_SECONDS):
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
        """Return the peak memory by name, in MiB."""
        # The largest of each name comes last and overwrites the others.
        return dict(sorted(self._peaks.values()))


def peak_mib(pid: int) -> float:
    """Return the peak resident memory of a process, in MiB; 0 if it has ended."""
    return _mib(Path(f"/proc/{pid}/status"), "VmHWM")


def shared_mib(pid: int) -> float:
    """Return the memory of a process with its share of common pages, in MiB; 0 if it has ended.

    Source: the proportional set size of Linux, ``/proc/PID/smaps_rollup``.
    """
    return _mib(Path(f"/proc/{pid}/smaps_rollup"), "Pss")


def _children(pid: int) -> list[int]:
    found = []
    for task in _read(Path(f"/proc/{pid}/task"), folder=True).split():
        found += [int(child) for child in _read(Path(f"/proc/{pid}/task/{task}/children")).split()]
    return found


def _name(pid: int) -> str:
    """Return the part of the command line that distinguishes the processes of a preview."""
    words = _read(Path(f"/proc/{pid}/cmdline")).split("\0")
    return " ".join(Path(word).name for word in words[:4] if word and not word.startswith("-"))


def _mib(file: Path, key: str) -> float:
    for line in _read(file).splitlines():
        if line.startswith(f"{key}:"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


def _read(path: Path, *, folder: bool = False) -> str:
    """Return the text of a file below /proc, or the names in a folder; empty if the process has ended."""
    try:
        return " ".join(entry.name for entry in path.iterdir()) if folder else path.read_text(errors="replace")
    except OSError:
        return ""
