"""The sources of shared folders, which must not change under the same name. Pure, without pydantic."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the provider's process runs without pydantic
    from components.config.tenancy import Tenancy

CLAIM = "claim"
"""Source of a folder on an existing claim, which is not the program's."""

_SIZE = "sizeGb"
_KEYS = {"claim": "claim", "className": "create.className", "server": "nfs.server", "path": "nfs.path"}
"""Properties that must not change, with their keys in the stack file."""


def folder_sources(tenancy: "Tenancy") -> dict[str, dict[str, Any]]:
    """Return the source of each folder by its name. Plain data, kept in the stack's state."""
    from components.resources.shared_folders import volume_name

    found: dict[str, dict[str, Any]] = {}
    for folder in tenancy.shared_folders:
        source: dict[str, Any] = {"source": CLAIM, "claim": folder.claim_name}
        if folder.create is not None:
            source |= {"source": "create", "className": folder.create.class_name, _SIZE: folder.create.size_gb}
        if folder.nfs is not None:
            source |= {"source": "nfs", "server": folder.nfs.server, "path": folder.nfs.path}
            source["volume"] = volume_name(tenancy, folder)
        found[folder.name] = source
    return found


def folder_changes(deployed: Mapping[str, Mapping[str, Any]], wanted: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield a message for each folder whose files would be replaced by others, or lost. It may be removed and added."""
    for name in sorted(deployed.keys() & wanted.keys()):
        old, new = deployed[name], wanted[name]
        changed = [key for key in _KEYS if old.get(key) != new.get(key)]
        if old["source"] != new["source"]:
            # The claim that the program created may be mounted as an existing one, and the other way round.
            if CLAIM not in (old["source"], new["source"]) or "claim" in changed:
                yield _refusal(new["source"], f"{old['source']} → {new['source']}", name)
        elif changed == ["path"] and without_last_slash(old["path"]) == without_last_slash(new["path"]):
            yield (
                f"sharedFolders.nfs.path: {old['path']} → {new['path']} of the folder {name} is another spelling, and "
                "Kubernetes does not change an existing volume; set it back"
            )
        elif changed:
            yield _refusal(_KEYS[changed[0]], f"{old.get(changed[0])} → {new.get(changed[0])}", name)
        before, after = int(old.get(_SIZE) or 0), int(new.get(_SIZE) or 0)
        if after < before and old["source"] == new["source"]:
            yield (
                f"sharedFolders.create.sizeGb: {before} → {after} of the folder {name} would lose files; storage can "
                "only grow"
            )


def without_last_slash(path: str) -> str:
    """Return the path of an NFS export in one spelling."""
    return path.rstrip("/")


def _refusal(key: str, change: str, name: str) -> str:
    return (
        f"sharedFolders.{key}: {change} would show other files in the folder {name}; set it back, or add a folder with "
        f"another name and copy the files; if {name} was never available, remove its entry, run pulumi up, and add it "
        "again"
    )
