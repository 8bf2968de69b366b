"""The use of volumes: whether a file system is that of one volume, and what the hub's database uses of its own."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

OWN_RATIO = 1.1
"""Greatest ratio of the size of a volume's own file system to that of its claim; drivers round sizes up."""


def is_own_file_system(file_system_bytes: float, claim_bytes: float) -> bool:
    """Return whether a file system is the volume's own; a larger one is a node's or a server's."""
    return file_system_bytes <= claim_bytes * OWN_RATIO


def volume_use(folder: Path, size: float) -> tuple[float, float]:
    """Return the used and the free bytes of the volume of this size at the folder.

    Raises:
        OSError: the volume cannot be read.
    """
    found = os.statvfs(folder)
    used = float((found.f_blocks - found.f_bfree) * found.f_frsize)
    free = float(found.f_bavail * found.f_frsize)
    if not is_own_file_system(found.f_blocks * found.f_frsize, size):
        used = float(sum(_file_sizes(folder)))
        free = max(0.0, min(free, size - used))
    return used, free


def _file_sizes(folder: Path) -> Iterator[int]:
    for parent, _, files in os.walk(folder):
        for file in files:
            with suppress(FileNotFoundError):  # SQLite creates and deletes files beside its database
                yield Path(parent, file).lstat().st_blocks * 512
