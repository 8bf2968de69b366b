"""Programs that run in the server: in a terminal's foreground, or with a use of the CPU. Reads Linux' ``/proc``.

All processes that kernels and terminals have started have a variable of theirs, also those that have outlived their
parent (``nohup``, ``tmux``, ``setsid``), or are children of one that has. Other processes in the container are the
server's own. Sources: proc(5); ``launch_kernel`` of jupyter_client and ``initialize_settings`` of
jupyter_server_terminals for the variables.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

PROC = Path("/proc")

LISTENING = "0A"
"""State of a socket in ``/proc/net/tcp``."""

LEAST_CPU = 0.1
"""Share of one CPU at which a program in the background counts. A Dask worker without tasks uses less than 0.05."""

ENDED_STATES = ("Z", "X", "x")
"""States of processes in ``/proc/<pid>/stat`` that have ended."""

TERMINAL_DEVICES = range(136, 144)
"""Major numbers of pseudo-terminals (Linux, ``Documentation/admin-guide/devices.txt``)."""

SHELLS = frozenset({"ash", "bash", "csh", "dash", "fish", "ksh", "sh", "tcsh", "zsh"})

MONITORS = frozenset({"btop", "htop", "nvtop", "top", "watch"})
"""Programs that show the use of the machine. They never count, although they use some CPU themselves."""

WAITING = MONITORS | {
    *(
        "bpython",
        "emacs",
        "gdb",
        "ipython",
        "joe",
        "less",
        "man",
        "mc",
        "micro",
        "more",
        "most",
        "nano",
        "ncdu",
        "nvim",
    ),
    *("pager", "pdb", "ptpython", "screen", "tail", "tmux", "vi", "view", "vim", "vimdiff"),
}
"""Programs that show or edit something, or wait for commands, until they are closed."""

PROMPTS = frozenset({"R", "julia", "node", "octave", "python", "sqlite"})
"""Programs that wait for commands if they have no arguments but options."""

PROGRAM_OPTIONS = ("-c", "-e", "-f", "-m", "-p", "--eval", "--exec", "--file", "--print")
"""Options of such programs with the commands, or with the name of their file."""


@dataclass(frozen=True)
class Process:
    """A process, as ``/proc/<pid>/stat`` describes it."""

    pid: int
    parent: int
    name: str
    group: int
    terminal: int
    foreground: int
    cpu_seconds: float
    started: int
    has_ended: bool = False
    """Whether it only waits for its parent to ask for its exit code."""

    @property
    def key(self) -> tuple[int, int]:
        """Its number and start; numbers are used again."""
        return self.pid, self.started

    @property
    def is_in_foreground(self) -> bool:
        """Whether it has the keyboard of a terminal, also of a terminal that nobody looks at."""
        return self.terminal != 0 and self.group == self.foreground


class Programs:
    """The processes that kernels and terminals of one server have started."""

    def __init__(self, server: int, url: str, proc: Path = PROC) -> None:
        self._proc = proc
        self._marks = frozenset({b"JPY_PARENT_PID=%d" % server, b"JUPYTER_SERVER_URL=" + url.encode()})
        self._cpu: dict[tuple[int, int], float] = {}
        self._read: float | None = None
        self.is_readable = (proc / "self" / "stat").exists()

    def find_work(self, now: float) -> list[Process]:
        """Return the programs that count as work.

        Args:
            now: the present time of a clock that is never set.
        """
        processes = self._find()
        seconds = None if self._read is None else now - self._read
        before, self._cpu = self._cpu, {each.key: each.cpu_seconds for each in processes}
        self._read = now
        alive = [each for each in processes if not each.has_ended]
        foreground = [each for each in alive if each.is_in_foreground]
        # One that waits for a person makes the others of its group wait, too: git log | less, tail -f log | grep error.
        waiting = {each.group for each in foreground if is_waiting_program(each.name)}
        working = {
            each.key
            for each in foreground
            if each.group not in waiting and not is_waiting(each.name, self._arguments(each))
        }
        return [
            each for each in alive if each.key in working or self._uses_cpu(each, before.get(each.key, 0.0), seconds)
        ]

    def lineage(self, processes: Iterable[Process]) -> set[int]:
        """Return the numbers of the processes and all their parents."""
        parents = {each.pid: each.parent for each in self._find()}
        found: set[int] = set()
        for each in processes:
            pid = each.pid
            while pid in parents and pid not in found:
                found.add(pid)
                pid = parents[pid]
        return found

    def open_ports(self, pid: int) -> list[int]:
        """Return the TCP ports on which a process listens for connections to all addresses, as dashboards do."""
        sockets, rows = set(), []
        with suppress(OSError):  # the process has ended
            for file in (self._proc / str(pid) / "fd").iterdir():
                with suppress(OSError):  # it has been closed
                    sockets.add(str(file.readlink()))
        for table in ("tcp", "tcp6"):
            with suppress(OSError):  # as above, or the node has no IPv6
                rows += (self._proc / str(pid) / "net" / table).read_text().splitlines()[1:]
        found = set()
        for row in rows:
            words = row.split()
            address, _, port = words[1].rpartition(":")
            if words[3] == LISTENING and not address.strip("0") and f"socket:[{words[9]}]" in sockets:
                found.add(int(port, 16))
        return sorted(found)

    def last_input(self) -> datetime | None:
        """Return when somebody last typed in a terminal; None if nobody did.

        Linux notes it as the time at which the terminal was last read, with a resolution of eight seconds.
        """
        times = []
        for each in self._find():
            if each.terminal:
                try:
                    found = (self._proc / str(each.pid) / "fd" / "0").stat()
                except OSError:
                    continue  # it has ended
                if os.major(found.st_rdev) in TERMINAL_DEVICES:
                    times.append(found.st_atime)
        return datetime.fromtimestamp(max(times), timezone.utc) if times else None

    def _find(self) -> list[Process]:
        found = []
        for folder in self._proc.iterdir():
            if folder.name.isdigit():
                try:
                    found.append(parse((folder / "stat").read_text(encoding="utf-8", errors="replace")))
                except OSError:
                    continue  # it has ended
        ours: dict[int, Process] = {}
        for each in sorted(found, key=lambda process: (process.started, process.pid)):  # parents first
            if each.parent in ours or self._has_mark(each):
                ours[each.pid] = each
        return list(ours.values())

    def _has_mark(self, process: Process) -> bool:
        try:
            environment = (self._proc / str(process.pid) / "environ").read_bytes()
        except OSError:
            return False  # it has ended, or belongs to another user
        return not self._marks.isdisjoint(environment.split(b"\0"))

    def _uses_cpu(self, process: Process, cpu_before: float, seconds: float | None) -> bool:
        if not seconds or _is_named(process.name, MONITORS):
            return False
        return (process.cpu_seconds - cpu_before) / seconds >= LEAST_CPU

    def _arguments(self, process: Process) -> list[str]:
        try:
            line = (self._proc / str(process.pid) / "cmdline").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return []  # it has ended
        return line.rstrip("\0").split("\0")


def parse(stat: str) -> Process:
    """Return the process of a line of ``/proc/<pid>/stat``; its name may contain spaces and brackets."""
    head, _, tail = stat.rpartition(")")
    pid, _, name = head.partition(" (")
    words = tail.split()
    # Children that have ended are included: a script's short programs use the CPU one after the other.
    ticks = sum(int(each) for each in words[11:15])
    return Process(
        pid=int(pid),
        parent=int(words[1]),
        name=name,
        group=int(words[2]),
        terminal=int(words[4]),
        foreground=int(words[5]),
        cpu_seconds=ticks / os.sysconf("SC_CLK_TCK"),
        started=int(words[19]),
        has_ended=words[0] in ENDED_STATES,
    )


def is_waiting(name: str, arguments: list[str]) -> bool:
    """Return whether a program in the foreground waits for a person: a shell, an editor, a viewer or a prompt."""
    if name in SHELLS or is_waiting_program(name):
        return True
    has_program = any(not each.startswith("-") or each.startswith(PROGRAM_OPTIONS) for each in arguments[1:])
    return not has_program and _is_named(name, PROMPTS)


def is_waiting_program(name: str) -> bool:
    """Return whether a program shows or edits something, or waits for commands, until a person closes it."""
    return _is_named(name, WAITING)


def _is_named(name: str, names: frozenset[str]) -> bool:
    """Return whether the name is one of ``names``, with or without a version: ``python3.11``, ``vim.tiny``."""
    return name.split(".")[0].split(":")[0].rstrip("0123456789") in names
