"""The section ``sharedFolders``: folders in the servers and Dask pods of FreeIPA groups."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from components.config.mount_paths import overlaps, parse_mount_path
from components.config.nfs import NfsExport
from components.config.problems import format_key
from components.config.section import Place, Section, metadata
from components.config.types import FreeIpaName, KubernetesName, WholeNumber
from components.folder_names import EVERYONE, FOLDER_PREFIX
from components.ownership.claims import DATABASE_CLAIM, HOME_CLAIMS

SOURCES = ("claim", "create", "nfs")
"""The keys of a folder that say where its files are."""

DEFAULT_PARENT = "/shared"

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError(
            "is not a folder's name; write at most 40 lower-case letters, digits and dashes, with no dash at either "
            "end, for example ocean"
        )
    return value


def _claim(value: str) -> str:
    if value == DATABASE_CLAIM:
        raise ValueError("is the claim of the hub's database, with every user's tokens; write another claim")
    if value.startswith(HOME_CLAIMS):
        raise ValueError("is the claim of a user's home; copy the files to another claim and write that")
    return value


def _to_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Groups = Annotated[tuple[FreeIpaName, ...], BeforeValidator(_to_list, json_schema_input_type=str | tuple[str, ...])]
"""FreeIPA groups; ``all`` for all users."""


class FolderToCreate(Section):
    """A volume that the program creates. It is never deleted with its folder's entry in the stack file."""

    size_gb: WholeNumber = Field(
        ge=1,
        le=1024 * 1024,
        description="Size of the volume",
        examples=[500],
        json_schema_extra=metadata(unit="GB", updates="grow only"),
    )
    class_name: KubernetesName = Field(
        description="Existing storage class whose volumes many pods can mount (ReadWriteMany)",
        examples=["cephfs"],
        json_schema_extra=metadata(updates="no"),
    )


class SharedFolder(Section):
    """A folder that many users' servers and Dask pods mount. Write exactly one of `claim`, `create` and `nfs`."""

    name: Annotated[str, AfterValidator(_name)] = Field(
        description="Name of the folder: at most 40 lower-case letters, digits and dashes", examples=["ocean"]
    )
    claim: Annotated[KubernetesName, AfterValidator(_claim)] | None = Field(
        None,
        description="Existing volume claim in the tenancy's namespace, which many pods can mount",
        examples=["ocean-data"],
        json_schema_extra=metadata(updates="no"),
    )
    create: FolderToCreate | None = Field(
        None,
        description="Volume to create",
        examples=[{"sizeGb": 500, "className": "cephfs"}],
        json_schema_extra=metadata(updates="no"),
    )
    nfs: NfsExport | None = Field(
        None,
        description="NFS export to mount",
        examples=[{"server": "nfs.example.org", "path": "/exports/ocean"}],
        json_schema_extra=metadata(updates="no"),
    )
    read_only: bool = Field(
        False, description="Whether the folder is a data set that nobody changes. It then has no `writers`"
    )
    writers: Groups = Field(
        (),
        description=f"FreeIPA groups whose members read and write, or `{EVERYONE}` for all users",
        examples=[["ocean_modellers"]],
    )
    readers: Groups = Field(
        (),
        description=f"FreeIPA groups whose members only read, or `{EVERYONE}` for all users. A member of a group of "
        "`writers` writes",
        examples=[EVERYONE],
    )
    path: Annotated[str, AfterValidator(parse_mount_path)] | None = Field(
        None,
        description=f"Path of the folder in servers and Dask pods; by default `{DEFAULT_PARENT}/<name>`",
        examples=["/data/ocean"],
    )
    required: bool = Field(
        True,
        description="Whether a server must not start while the folder is not available; otherwise it starts without "
        "the folder, and a file in its place says so",
    )
    gid: WholeNumber | None = Field(
        None,
        ge=100,
        le=2**31 - 1,
        description="Numeric group that owns the files, if it is neither the user 1000 nor the group 100 of all "
        "servers. The processes of the folder's users are also in this group",
        examples=[5000],
    )

    @classmethod
    def find_contradictions(cls, given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        """Require one source, at least one group, and no writers of a data set."""
        sources = [key for key in SOURCES if key in given]
        if not sources:
            yield "claim", f"is required; set {', '.join(SOURCES[:-1])} or {SOURCES[-1]}"
        for key in sources[1:]:
            yield key, f"must not be set together with {sources[0]}; remove one of them"
        is_data_set = str(given.get("read_only")).strip().lower() in ("true", "1", "yes", "on", "y", "t")
        if is_data_set and given.get("writers"):
            yield "writers", "must not be set together with readOnly: true; write the groups in readers"
        if is_data_set and "create" in given:
            yield "create", "must not be set together with readOnly: true, because a new volume would stay empty"
        if not given.get("writers") and not given.get("readers"):
            yield "writers", f"is required; set writers or readers, to FreeIPA groups or to {EVERYONE}"

    @property
    def mount_path(self) -> str:
        """Path of the folder in pods."""
        return self.path or f"{DEFAULT_PARENT}/{self.name}"

    @property
    def volume_name(self) -> str:
        """Name of the volume in pods, and of the claim if the program creates it."""
        return f"{FOLDER_PREFIX}{self.name}"

    @property
    def claim_name(self) -> str:
        """Name of the claim that pods mount."""
        return self.claim or self.volume_name


def export_volume_name(cluster_name: str, folder: str) -> str:
    """Return the name of the PersistentVolume of an NFS export.

    It does not depend on the namespace, and two pairs of names can give the same one: ``vis`` with ``a-folder-b``, and
    ``vis-folder-a`` with ``b``. Stack files are compared, and a volume of another namespace is refused.
    """
    return f"{cluster_name}-{FOLDER_PREFIX}{folder}"


def find_conflicts(folders: object) -> Iterator[tuple[Place, str]]:
    """Yield a place and a message for each name, claim and path that two folders share, whatever else is wrong.

    Args:
        folders: the value of ``sharedFolders`` before its validation.
    """
    sections = folders if isinstance(folders, Sequence) else ()
    named = [
        (number, each["name"].strip(), each)
        for number, each in enumerate(sections)
        if isinstance(each, Mapping) and isinstance(each.get("name"), str)
    ]
    for position, (number, name, folder) in enumerate(named):
        for other_number, other_name, other in named[:position]:
            twin = format_key(("sharedFolders", other_number))
            if name == other_name:
                yield (number, "name"), f"is also the name of {twin}; write another name"
                continue
            twin = f"{twin} ({other_name})"
            claim, path, other_path = _claim_of(name, folder), _path_of(name, folder), _path_of(other_name, other)
            if claim == _claim_of(other_name, other):
                key = "claim" if folder.get("claim") else "name"
                yield (number, key), f"has the claim {claim}, as {twin} does; use each claim once"
            if _overlap(path, other_path):
                key = "path" if folder.get("path") else "name"
                message = (
                    f"has the path {path}, and {twin} has {other_path}; write paths that are not inside each other"
                )
                yield (number, key), message


def _claim_of(name: str, folder: Mapping[str, object]) -> str:
    return str(folder.get("claim") or f"{FOLDER_PREFIX}{name}").strip()


def _path_of(name: str, folder: Mapping[str, object]) -> str:
    return str(folder.get("path") or f"{DEFAULT_PARENT}/{name}").strip()


def _overlap(path: str, other: str) -> bool:
    return path.startswith("/") and other.startswith("/") and overlaps(path, other)
