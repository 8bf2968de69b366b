"""The start files of the user's shell: terminals must open even if one of them ends the shell."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .problem import Problem

MARK = "pangeo-shell-works"
FILES = (".bashrc", ".bash_profile", ".bash_login", ".profile")
SECONDS = 10
"""Time limit of the check. A slow shell is not broken."""

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
    """Open the user's shell as terminals do, while the caller does something else; the result is there at the end."""
    result = ShellCheck()
    program, folder = environment.get("SHELL") or "", Path(environment.get("HOME") or "/")
    if Path(program).name != "bash" or not any((folder / name).exists() for name in FILES):
        yield result
        return
    try:
        process = subprocess.Popen(
            [program, "-l", "-i", "-c", f"echo {MARK}"],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        yield result
        return
    yield result
    try:
        shown, _ = process.communicate(timeout=SECONDS)
        result.is_broken = MARK.encode() not in shown
        result.without_files = [program, "--noprofile", "--norc"]
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
