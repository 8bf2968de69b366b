"""The tenancy's shared folders, which the program mounts beside the hub's code, and who may use them. Pure."""

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from components.folder_names import EVERYONE, FOLDER_PREFIX

FILE = Path(__file__).with_name("folders.json")
"""The mounted list; there is no file for a tenancy without folders."""


@dataclass(frozen=True)
class Folder:
    """A shared folder."""

    name: str
    path: str
    claim: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    read_only: bool
    required: bool
    """Whether no server may start without it."""
    server: str = ""
    """NFS server; empty for another source."""
    port: int = 0
    gid: int | None = None
    """Group of the files, which the processes of the folder's users also need."""

    @property
    def volume(self) -> str:
        """Name of its volume in pods."""
        return f"{FOLDER_PREFIX}{self.name}"

    def is_readable(self, groups: Collection[str]) -> bool:
        """Return whether members of these groups have the folder."""
        return self.is_writable(groups) or bool({*groups, EVERYONE} & {*self.readers})

    def is_writable(self, groups: Collection[str]) -> bool:
        """Return whether members of these groups may write."""
        return bool({*groups, EVERYONE} & {*self.writers})


def folders_text(folders: Iterable[Folder]) -> str:
    """Return the list as the mounted file has it."""
    return json.dumps([asdict(folder) for folder in folders], indent=1, sort_keys=True) + "\n"


def read_folders(file: Path = FILE) -> tuple[Folder, ...]:
    """Read the mounted list; empty if there is none.

    Raises:
        OSError: the file cannot be read.
        ValueError: its content is not a list of folders.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    try:
        return tuple(
            Folder(**{**each, "writers": tuple(each["writers"]), "readers": tuple(each["readers"])}) for each in content
        )
    except (TypeError, KeyError) as error:
        raise ValueError(f"{file.name} is not a list of shared folders: {error}") from None
