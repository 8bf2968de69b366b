"""Warning about an existing volume all of whose files Kubernetes gives to the group of the servers.

Pods of users have ``fsGroup`` 100, which homes need. For a CSI driver with ``fsGroupPolicy: File``, the kubelet then
changes the group and the permissions of every file of a volume that it mounts writable, also of a shared folder. With
``fsGroupChangePolicy: OnRootMismatch``, which the program sets, it does so only if the volume's root differs
(https://kubernetes.io/docs/tasks/configure-pod-container/security-context/,
https://kubernetes-csi.github.io/docs/support-fsgroup.html).
"""

import contextlib
from collections.abc import Mapping
from typing import Any

from components.cluster.client import ReadWriteApi
from components.cluster.errors import CannotAsk
from components.cluster.objects import csi_driver_path, find_object, volume_path
from components.config.problems import format_key
from components.config.shared_folders import SharedFolder

CHANGES_ALL_FILES = "File"
"""The ``fsGroupPolicy`` of drivers whose volumes get the group, whatever their access mode."""


def warn_of_group_change(
    api: ReadWriteApi, folder: SharedFolder, index: int, live: Mapping[str, Any] | None
) -> str | None:
    """Return a warning about an existing claim with a ``gid`` whose files will lose that group, unless its root has it.

    A cluster that does not show the volume or its driver gives no warning.

    Args:
        api: the cluster.
        folder: the shared folder.
        index: its place in the stack file.
        live: its claim in the cluster; None if there is none.
    """
    if folder.claim is None or folder.gid is None or folder.read_only:
        return None
    driver = None
    with contextlib.suppress(CannotAsk):
        driver = _find_changing_driver(api, live)
    if driver is None:
        return None
    return (
        f"{format_key(('sharedFolders', index, 'gid'))} {folder.gid}: the driver {driver} of the claim {folder.claim} "
        "sets the group of all files to 100 when a server mounts them, unless the volume's root folder has the group "
        "100, all rights for user and group, and the set-group-ID bit; before the first server starts, run there: "
        "chgrp 100 . && chmod ug+rwx,g+s . (docs/operator-guide.md#shared-folders)"
    )


def _find_changing_driver(api: ReadWriteApi, claim: Mapping[str, Any] | None) -> str | None:
    volume_name = _spec(claim).get("volumeName")
    volume = find_object(api, volume_path(volume_name)) if volume_name else None
    driver = (_spec(volume).get("csi") or {}).get("driver")
    policy = _spec(find_object(api, csi_driver_path(driver))).get("fsGroupPolicy") if driver else None
    return driver if policy == CHANGES_ALL_FILES else None


def _spec(live: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return (live or {}).get("spec") or {}
