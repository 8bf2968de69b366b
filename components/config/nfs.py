"""The section ``sharedFolders[].nfs``: an export of an NFS server."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from components.config.host_address import parse_server_address
from components.config.reach import MAX_PORT
from components.config.section import Place, Section, metadata
from components.config.types import parse_host_name

NFS_PORT = 2049


_OPTION = re.compile(r"[a-z0-9_]+(=[A-Za-z0-9_.:@/-]+)?")
_PORT = re.compile(r"[0-9]{1,5}")
_ALIASES = {"vers": "nfsvers"}
"""Options with two names (``man 5 nfs``)."""

_MODES = ("ro", "rw")


def _server(value: str) -> str:
    try:
        address = parse_server_address(value, "the NFS server")
        return parse_host_name(value) if address is None else str(address)
    except ValueError as invalid:
        raise ValueError(str(invalid).replace("hub.example.org", "nfs.example.org")) from None


def _export(value: str) -> str:
    if not value.startswith("/") or ".." in value.split("/") or re.search(r"[\s\x00-\x1f,]", value):
        raise ValueError("is not the absolute path of an export; write for example /exports/ocean")
    return value


def _option(value: str) -> str:
    if "," in value:
        raise ValueError("contains a comma; write each option as an item of the list")
    if not _OPTION.fullmatch(value):
        raise ValueError("is not a mount option; write for example nfsvers=4.1")
    name, _, argument = value.partition("=")
    if name in _MODES:
        raise ValueError("is decided by readOnly, writers and readers; remove it")
    if name == "port" and not (_PORT.fullmatch(argument) and 1 <= int(argument) <= MAX_PORT):
        raise ValueError(f"is not a port; write 1 to {MAX_PORT}, for example port={NFS_PORT}")
    return value


class NfsExport(Section):
    """An export of an NFS server, which the cluster's nodes mount."""

    server: Annotated[str, AfterValidator(_server)] = Field(
        description="Host name or address of the server",
        examples=["nfs.example.org"],
        json_schema_extra=metadata(updates="no"),
    )
    path: Annotated[str, AfterValidator(_export)] = Field(
        description="Exported path", examples=["/exports/ocean"], json_schema_extra=metadata(updates="no")
    )
    options: tuple[Annotated[str, AfterValidator(_option)], ...] = Field(
        (), description="Mount options", examples=[["nfsvers=4.1", "hard"]]
    )

    @classmethod
    def find_contradictions(cls, given: Mapping[str, object]) -> Iterator[tuple[str | Place, str]]:
        """Refuse an option that is written twice: the one that counts depends on the node."""
        options = given.get("options")
        names = [_name(each) for each in options] if isinstance(options, list | tuple) else []
        for index, name in enumerate(names):
            if name in names[:index]:
                yield ("options", index), f"sets {name} again; remove one of the two"

    @property
    def port(self) -> int:
        """TCP port of the server: of the mount option ``port``, or NFS's own."""
        found = next((option.partition("=")[2] for option in self.options if _name(option) == "port"), None)
        return int(found) if found else NFS_PORT


def _name(option: object) -> str:
    name = str(option).strip().partition("=")[0]
    return _ALIASES.get(name, name)
