"""The shared folders in the values of the hub's chart: volumes of everybody's servers, or of the servers of groups."""

from collections.abc import Iterator
from typing import Any

from components.chart.mounted_code import mounted_file
from components.config.shared_folders import SharedFolder
from components.config.tenancy import Tenancy
from components.folder_names import EVERYONE
from components.in_hub.folders import FILE, Folder, folders_text

Values = dict[str, Any]

OWNERSHIP_CHANGE = {"fsGroupChangePolicy": "OnRootMismatch"}
"""Setting of users' pods: do not set the group of each file of a large volume at every start."""


def everyones_folders(tenancy: Tenancy) -> Values:
    """Return the values of ``singleuser.storage`` for folders of all users; empty if there are none.

    The chart adds mappings, by name, to the volumes of the home.
    """
    folders = [folder for folder in tenancy.shared_folders if EVERYONE in (*folder.writers, *folder.readers)]
    if not folders:
        return {}
    return {
        "extraVolumes": {folder.volume_name: _volume(folder) for folder in folders},
        "extraVolumeMounts": {
            folder.volume_name: _mount(folder, writes=EVERYONE in folder.writers) for folder in folders
        },
    }


def folders_of_groups(tenancy: Tenancy) -> Values:
    """Return the entries of ``KubeSpawner.group_overrides`` for folders of groups.

    JupyterHub applies them in the order of their keys, so those of writers come after those of readers.
    """
    return {
        f"{folder.volume_name}-{order}": {
            "groups": list(groups),
            "spawner_override": {
                "volumes": {folder.volume_name: _volume(folder)},
                "volume_mounts": {folder.volume_name: _mount(folder, writes=writes)},
            },
        }
        for folder in tenancy.shared_folders
        for order, groups, writes in _overrides(folder)
    }


def folder_files(tenancy: Tenancy) -> Values:
    """Return the entry of ``hub.extraFiles`` with the list of folders; empty without folders."""
    if not tenancy.shared_folders:
        return {}
    return mounted_file(f"in_hub/{FILE.name}", folders_text(map(_as_hub_reads, tenancy.shared_folders)))


def pod_security(tenancy: Tenancy) -> Values:
    """Return additions to the security context of users' pods; empty without folders."""
    return OWNERSHIP_CHANGE if tenancy.shared_folders else {}


def _as_hub_reads(folder: SharedFolder) -> Folder:
    export = folder.nfs
    return Folder(
        name=folder.name,
        path=folder.mount_path,
        claim=folder.claim_name,
        writers=folder.writers,
        readers=folder.readers,
        read_only=folder.read_only,
        required=folder.required,
        server=export.server if export else "",
        port=export.port if export else 0,
        gid=folder.gid,
    )


def _overrides(folder: SharedFolder) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    if EVERYONE in folder.writers:
        return
    if folder.readers and EVERYONE not in folder.readers:
        yield "1-readers", folder.readers, False
    if folder.writers:
        yield "2-writers", folder.writers, True


def _volume(folder: SharedFolder) -> Values:
    return {
        "name": folder.volume_name,
        "persistentVolumeClaim": {"claimName": folder.claim_name, "readOnly": folder.read_only},
    }


def _mount(folder: SharedFolder, *, writes: bool) -> Values:
    return {"name": folder.volume_name, "mountPath": folder.mount_path, "readOnly": not writes}
