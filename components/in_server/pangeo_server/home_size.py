"""Print the bytes that the files of a folder use. A program of its own, so that it can run with the lowest priority.

It pauses after each folder, and does not count other volumes that are mounted in the folder.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

PAUSE_SECONDS = 0.005
"""Pause after each folder."""


def main() -> None:
    """Print the size of the folder that the first argument names."""
    os.nice(19)
    print(find_size(sys.argv[1]))


def find_size(home: str) -> int:
    """Return the bytes that the files use, without other volumes."""
    try:
        return int(os.getxattr(home, "ceph.dir.rbytes"))  # CephFS knows the size of each folder
    except OSError:
        pass
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    mounted = frozenset(line.split()[4].replace("\\040", " ") for line in mounts)
    return sum(file_sizes(home, mounted))


def file_sizes(folder: str, mounted: frozenset[str]) -> Iterator[int]:
    """Yield the bytes on the disk of each file and folder below, without following links. Hard links count once."""
    folders, linked = [folder], set()
    while folders:
        time.sleep(PAUSE_SECONDS)
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    try:
                        found = entry.stat(follow_symlinks=False)
                        if entry.is_dir(follow_symlinks=False):
                            if entry.path not in mounted:
                                folders.append(entry.path)
                        elif found.st_nlink > 1:
                            if found.st_ino in linked:
                                continue
                            linked.add(found.st_ino)
                        yield found.st_blocks * 512
                    except OSError:
                        continue  # it was deleted meanwhile
        except OSError:
            continue


if __name__ == "__main__":
    main()
