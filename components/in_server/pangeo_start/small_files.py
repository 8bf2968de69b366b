"""Reading of small files in the home, where anything can have their names: pipes, devices, files of any size."""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path

MAX_BYTES = 4 << 20
"""Greatest size of a file of settings."""


def read_small_file(path: Path) -> bytes:
    """Return a file's content.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no file, or too large.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError("it is no regular file")
    # Without waiting, in case it has become a pipe meanwhile.
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:  # noqa: PTH123 - a descriptor
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"it is larger than {MAX_BYTES >> 20} MB")
    return content


def shell_words(path: Path, home: Path) -> str:
    """Return a path as one word of a shell's command, whatever it contains; empty if it cannot be shown."""
    text = str(path)
    if not text.isprintable():
        return ""
    return f"~/{shlex.quote(str(path.relative_to(home)))}" if home in path.parents else shlex.quote(text)
