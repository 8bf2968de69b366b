"""The use of the volume of the hub's database."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

OWN_RATIO = 1.1
"""Greatest ratio of a volume's own file system to its claim; a larger file system is a node's or a server's."""


def volume_use(folder: Path, size: float) -> tuple[float, float]:
    """Return the used and the free bytes of the volume of this size at the folder.

    Raises:
        OSError: the volume cannot be read.
    """
    found = os.statvfs(folder)
    used = float((found.f_blocks - found.f_bfree) * found.f_frsize)
    free = float(found.f_bavail * found.f_frsize)
    if found.f_blocks * found.f_frsize > size * OWN_RATIO:
        used = float(sum(_file_sizes(folder)))
        free = max(0.0, min(free, size - used))
    return used, free


def _file_sizes(folder: Path) -> Iterator[int]:
    for parent, _, files in os.walk(folder):
        for file in files:
            with suppress(FileNotFoundError):  # SQLite creates and deletes files beside its database
                yield Path(parent, file).lstat().st_blocks * 512
