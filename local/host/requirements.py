"""What this machine must be before anything is made on it."""

import os
import shutil
from pathlib import Path

from local.failure import Failure
from local.paths import State

GIB = 1024**3

DISK_GIB_FRESH = 20
"""Measured from empty caches: 11 GiB of Go modules and build cache, 5 of images and tools, 2 of Debian and Python."""

DISK_GIB_BUILT = 3
"""Room for volumes, logs and one rebuild of an image once tools and images are there."""


def check(state: State) -> None:
    """Refuse a machine on which ``make up`` could not end well.

    Raises:
        Failure: not root, or too little disk; says how much is needed and how much there is.
    """
    if os.geteuid() != 0:
        raise Failure(
            "make up needs root: it runs a Kubernetes node with its mounts, bridge and firewall rules",
            way_on="run it as root, e.g. sudo make up",
        )
    needed_gib = DISK_GIB_BUILT if (state.stamps / "images").exists() else DISK_GIB_FRESH
    free_gib = shutil.disk_usage(_first_existing(state.root)).free / GIB
    if free_gib < needed_gib:
        raise Failure(
            f"too little disk at {state.root}: {free_gib:.1f} GiB free, {needed_gib} GiB needed",
            way_on=f"free {needed_gib - free_gib:.1f} GiB and run make up again",
        )


def _first_existing(path: Path) -> Path:
    return next(parent for parent in (path, *path.parents) if parent.exists())
