"""The state of the home folder: can it be read, and can a file be written."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from .problem import Problem

WRITTEN_BYTES = 1 << 20
"""Size of the file that is written to see whether the home has room."""

FULL = (errno.ENOSPC, errno.EDQUOT)


def check_home(home: Path) -> Problem | None:
    """Return the problem of the folder itself, if there is one."""
    try:
        os.listdir(home)  # noqa: PTH208 - only the error counts
    except OSError as error:
        return Problem.of(
            "home-unreadable",
            f"Your home folder {home} cannot be read: {error.strerror}. You are in an empty temporary folder instead.",
            "Save nothing here: it is gone when the server stops. Ask your administrator to repair the home folder.",
        )
    try:
        _write(home)
    except OSError as error:
        if error.errno in FULL:
            return Problem.of(
                "home-full",
                f"Your home folder is full{_size(home)}. Nothing can be saved in it.",
                "Delete files that you do not need, in the file browser of JupyterLab or with rm in a terminal, and "
                "restart the server (File → Hub Control Panel → Stop My Server). Hidden folders such as ~/.cache and "
                "~/.local/share/Trash are often large; du -sh ~/.[!.]* ~/* shows the sizes.",
            )
        return Problem.of(
            "home-unwritable",
            f"Nothing can be saved in your home folder {home}: {error.strerror}.",
            "You can read your files. Ask your administrator to repair the home folder before you go on working.",
        )
    return None


def _write(home: Path) -> None:
    handle, name = tempfile.mkstemp(prefix=".pangeo-", dir=home)
    try:
        rest = WRITTEN_BYTES
        while rest:
            rest -= os.write(handle, bytes(min(rest, 1 << 16)))
        os.fsync(handle)  # some file systems find out only now
    finally:
        try:
            os.close(handle)  # it fails on file servers that find out only now
        finally:
            os.unlink(name)  # noqa: PTH108 - a name


def _size(home: Path) -> str:
    try:
        found = os.statvfs(home)
    except OSError:
        return ""
    if found.f_files and not found.f_favail:
        return f" (it has {found.f_files} files, as many as it can have)"
    free, size = found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize
    return f" ({free / 1e6:.1f} MB of {size / 1e9:.1f} GB are free)"
