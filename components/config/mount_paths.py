"""Paths in users' pods at which a volume may be mounted. Pure."""

import re
from pathlib import PurePosixPath

HOME = "/home/jovyan"
"""Folder of the home volume in a notebook server (``singleuser.storage.homeMountPath`` of z2jh 4.4.0)."""

SYSTEM = (
    *("/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/root", "/run", "/sbin"),
    *("/sys", "/tmp", "/usr", "/var", "/opt", "/srv"),  # noqa: S108 - nothing is written there
)
"""Folders of programs and their settings. Images of Jupyter have their environment in ``/opt`` or ``/srv``."""

_CHARACTERS = re.compile(r"/[A-Za-z0-9._/-]*")


def parse_mount_path(value: str) -> str:
    """Return a path at which a volume may be mounted.

    Raises:
        ValueError: it is not absolute and normalised, or would hide the home or a folder of the system.
    """
    if not _CHARACTERS.fullmatch(value):
        raise ValueError(
            "is not an absolute path of letters, digits, dots, dashes and underscores; write for example /shared/ocean"
        )
    normalised = "/" + "/".join(part for part in value.split("/") if part not in ("", "."))
    if ".." in value.split("/"):
        raise ValueError("contains ..; write the path itself, for example /shared/ocean")
    if value != normalised:
        raise ValueError(f"is not normalised; write {normalised}" if normalised != "/" else _hides("/"))
    if value == "/":
        raise ValueError(_hides("/"))
    if overlaps(value, HOME):
        raise ValueError(
            f"is inside, or would hide, the users' home {HOME}; write a path outside of it, for example /shared/ocean"
        )
    system = next((each for each in SYSTEM if overlaps(value, each)), None)
    if system:
        raise ValueError(_hides(system))
    return value


def overlaps(path: str, other: str) -> bool:
    """Return whether one of two normalised paths is the other, or inside of it."""
    one, two = PurePosixPath(path), PurePosixPath(other)
    return one.is_relative_to(two) or two.is_relative_to(one)


def _hides(folder: str) -> str:
    return f"would hide files of the system in {folder}; write a path of its own, for example /shared/ocean"
