"""The start files of the user's shell: terminals must open even if one of them ends the shell."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from .problem import Problem

MARK = "pangeo-shell-works"
FILES = (".bashrc", ".bash_profile", ".bash_login", ".profile")
SECONDS = 10
"""Time limit of the check. A slow shell is not broken."""

COMMANDS = f"unset HISTFILE; echo {MARK}\n".encode() * 20
"""The shell's input, of which nothing is kept in the user's history.

Start files may read some lines of it, or replace the shell by another one, which reads them.
"""

PROC = Path("/proc")

PROBLEM = Problem.of(
    "shell",
    "A start file of your shell ends it at once, so terminals were opened without these files.",
    "Look for the command exit, or an error, in ~/.bashrc, ~/.bash_profile and ~/.profile.",
)


@dataclass
class ShellCheck:
    """The result of a check."""

    is_broken: bool = False
    without_files: list[str] = field(default_factory=list)
    """Command of a shell that reads no start files."""


@contextmanager
def check(environment: Mapping[str, str]) -> Iterator[ShellCheck]:
    """Open the user's shell as terminals do, while the caller does something else; the result is there at the end.

    Input and output are files: programs that the start files leave in the background would keep a pipe open.
    """
    result = ShellCheck()
    program, folder = environment.get("SHELL") or "", Path(environment.get("HOME") or "/")
    if Path(program).name != "bash" or not any((folder / name).exists() for name in FILES):
        yield result
        return
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as shown:
        given.write(COMMANDS)
        given.seek(0)
        try:
            process = subprocess.Popen(
                [program, "-l", "-i"],
                env=dict(environment),
                stdin=given,
                stdout=shown,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError:
            yield result
            return
        yield result
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
        else:
            shown.seek(0)
            result.is_broken = MARK.encode() not in shown.read(1 << 20)
            result.without_files = [program, "--noprofile", "--norc"]
        finally:
            end_session(process.pid)


def end_session(session: int) -> None:
    """End the processes that a check has left behind; terminals start them again."""
    for folder in PROC.glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            # The session is the fourth word behind the name, which may contain brackets.
            words = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            if int(words[3]) == session:
                os.kill(int(folder.name), signal.SIGKILL)
