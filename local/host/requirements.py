"""Requirements of ``make up`` on this machine."""

import os
import shutil
from pathlib import Path

from local.failure import Failure
from local.paths import State

GIB = 1024**3

DISK_GIB_FRESH = 20
"""Free disk space for the first ``make up``, in GiB. Measured with empty caches: 9 GiB of Go modules and build cache,
9 of images, 2 of programs and of Debian and Python packages."""

DISK_GIB_UPGRADE = 7
"""Free disk space, in GiB, if the images of a version without the Pangeo image are built: it takes 2.3 GB in buildah's
storage and unpacked in the cluster, and a third of that packed in the layout and in the cluster."""

DISK_GIB_BUILT = 3
"""Free disk space once tools and images are built, in GiB: for volumes, logs and one rebuild of a small image."""


def check(state: State) -> None:
    """Check that this machine can run the local tenancy.

    Raises:
        Failure: the user is not root, or there is too little free disk space.
    """
    if os.geteuid() != 0:
        raise Failure(
            "make up needs root: it runs a Kubernetes node with its mounts, bridge and firewall rules",
            fix="run it as root, e.g. sudo make up",
        )
    needed_gib = _needed_gib(state)
    free_gib = shutil.disk_usage(_first_existing(state.root)).free / GIB
    if free_gib < needed_gib:
        raise Failure(
            f"too little disk space at {state.root}: {free_gib:.1f} GiB free, {needed_gib} GiB needed",
            fix=f"free {needed_gib - free_gib:.1f} GiB and run make up again",
        )


def _needed_gib(state: State) -> int:
    if not (state.stamps / "images").exists():
        return DISK_GIB_FRESH
    return DISK_GIB_BUILT if (state.stamps / "image-pangeo-notebook").exists() else DISK_GIB_UPGRADE


def _first_existing(path: Path) -> Path:
    return next(parent for parent in (path, *path.parents) if parent.exists())
