"""Existing claims, volumes and storage classes, compared with the shared folders that are to use them. Pure.

An earlier deployment may have kept the claim ``folder-<name>``. Kubernetes refuses almost every change of its
specification, and the API's message names no key of the stack file.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from components.config.nfs import NfsExport
from components.contract.folders import without_last_slash
from components.in_hub.quantity import size_bytes
from components.readiness.events import latest
from components.readiness.events import message as event_message
from components.resources.shared_folders import MODE

_GIB = 1024**3
_READ_ONLY_MODE = "ReadOnlyMany"

_BLOCK_DRIVERS = (
    "cinder.csi.openstack.org",
    "csi.hetzner.cloud",
    "disk.csi.azure.com",
    "dobs.csi.digitalocean.com",
    "ebs.csi.aws.com",
    "pd.csi.storage.gke.io",
    "rbd.csi.ceph.com",
    "kubernetes.io/aws-ebs",
    "kubernetes.io/azure-disk",
    "kubernetes.io/cinder",
    "kubernetes.io/gce-pd",
    "rancher.io/local-path",
)
"""Drivers whose file systems only one node mounts (https://kubernetes-csi.github.io/docs/drivers.html)."""

_PROVISIONING_FAILED = "ProvisioningFailed"


def find_claim_problem(live: Mapping[str, Any] | None, namespace: str, *, read_only: bool) -> str | None:
    """Return why many pods cannot mount an operator's claim; None if they can.

    Args:
        live: the claim in the cluster; None if there is none.
        namespace: the tenancy's namespace.
        read_only: whether nobody writes to it.
    """
    if live is None:
        return f"does not exist in the namespace {namespace}; see: kubectl get pvc --namespace {namespace}"
    if problem := _find_state_problem(live):
        return f"{problem}; write another claim"
    modes = _modes(live)
    if MODE in modes or (read_only and _READ_ONLY_MODE in modes):
        return None
    if _READ_ONLY_MODE in modes:
        return f"has the access mode {_READ_ONLY_MODE}; set readOnly: true, and write the groups in readers"
    needed = f"{MODE} or {_READ_ONLY_MODE}" if read_only else MODE
    return f"has the access mode {', '.join(modes)}, so many pods cannot mount it; write a claim with {needed}"


def find_kept_claim_problem(live: Mapping[str, Any]) -> str | None:
    """Return why the existing claim of a folder with ``create`` or ``nfs`` cannot be used; None if it can."""
    name, namespace, modes = live["metadata"]["name"], live["metadata"].get("namespace"), _modes(live)
    if live["metadata"].get("deletionTimestamp"):
        return None  # refused by the check of owners, for all objects
    problem = _find_state_problem(live)
    if problem is None and list(modes) != [MODE]:
        problem = f"has the access mode {', '.join(modes)} instead of {MODE}"
    if problem is None:
        return None
    return f"gives the existing claim {name}, which {problem}; {_another_name(name, namespace)}"


def find_difference(live: Mapping[str, Any], class_name: str, size_gb: int) -> Iterator[tuple[str, str, str]]:
    """Yield a key, its value and a message for each difference from a claim that an earlier deployment has kept."""
    spec, name, namespace = live.get("spec") or {}, live["metadata"]["name"], live["metadata"].get("namespace")
    present = spec.get("storageClassName")
    if present != class_name:
        fix = f"write {present}, or" if present else "it has none, like one of an NFS export;"
        message = f"is not that of the existing claim {name}; {fix} {_another_name(name, namespace)}"
        yield "className", class_name, message
    size = size_bytes(((spec.get("resources") or {}).get("requests") or {}).get("storage", "0")) / _GIB
    if size > size_gb:
        yield (
            "sizeGb",
            str(size_gb),
            f"is less than the size of the existing claim {name}, which can only grow; write {math.ceil(size)} or more",
        )


def find_export_difference(live: Mapping[str, Any], volume: str) -> str | None:
    """Return why the existing claim of an export's folder shows other files than its volume; None if it does not."""
    spec, name, namespace = live.get("spec") or {}, live["metadata"]["name"], live["metadata"].get("namespace")
    if not spec.get("storageClassName") and spec.get("volumeName") == volume:
        return None
    found = f"the storage class {spec['storageClassName']}" if spec.get("storageClassName") else "another volume"
    return f"would show other files than the existing claim {name}, which has {found}; {_another_name(name, namespace)}"


def find_volume_owner(live: Mapping[str, Any] | None, namespace: str) -> str | None:
    """Return why the volume with the name of an export's volume is not the tenancy's; None if it is, or is missing.

    A tenancy that adopts what is in its namespace must not adopt the volume of another one.
    """
    claim = ((live or {}).get("spec") or {}).get("claimRef") or {}
    if live is None or claim.get("namespace") in (None, namespace):
        return None
    return (
        f"gives the volume {live['metadata']['name']}, which belongs to the claim {claim.get('name')} in the namespace "
        f"{claim['namespace']}; write another name"
    )


def find_volume_problem(live: Mapping[str, Any] | None, export: NfsExport) -> str | None:
    """Return why the volume of an export that an earlier deployment has kept cannot be used; None if it can."""
    if live is None:
        return None
    name, nfs = live["metadata"]["name"], (live.get("spec") or {}).get("nfs") or {}
    phase = (live.get("status") or {}).get("phase")
    present, wanted = (nfs.get("server"), str(nfs.get("path"))), (export.server, export.path)
    if present != wanted:
        if (present[0], without_last_slash(present[1])) == (wanted[0], without_last_slash(wanted[1])):
            return f"has the path of the existing volume {name} in another spelling; write {present[1]}"
        return (
            f"is not that of the existing volume {name}, {present[0]}:{present[1]}; write that, or name the folder "
            f"otherwise, or, if no server uses it, {_delete_volume(live)}"
        )
    if phase == "Released":
        return f"has the volume {name}, whose claim was deleted; delete the volume with: kubectl delete pv {name}"
    if phase == "Failed":
        return f"has the volume {name}, which has failed; delete the volume with: kubectl delete pv {name}"
    return None


def warn_of_block_driver(folder: str, class_name: str, provisioner: str) -> str | None:
    """Return a warning about a storage class whose volumes only one node can mount; None about others."""
    # Rook puts its namespace before the driver's name.
    if not any(provisioner == each or provisioner.endswith(f".{each}") for each in _BLOCK_DRIVERS):
        return None
    return (
        f"the storage class {class_name} of the shared folder {folder} has the provisioner {provisioner}, whose "
        f"volumes usually only one node can mount; the folder needs one with {MODE}, such as CephFS or NFS"
    )


def warn_of_failed_provisioning(
    folder: str, live: Mapping[str, Any], events: Sequence[Mapping[str, Any]]
) -> str | None:
    """Return a warning about a claim for which no volume could be created; None about others."""
    failed = latest(events, _PROVISIONING_FAILED)
    if failed is None or not is_pending(live):
        return None
    return f"the claim {live['metadata']['name']} of the shared folder {folder} has no volume: {event_message(failed)}"


def warn_of_renamed_folders(new: Collection[str], unused: Sequence[str]) -> str | None:
    """Return a warning if folders get new volumes, while claims of removed folders are kept: they may be renamed ones.

    Args:
        new: the names of the folders that get new volumes.
        unused: the claims of the program that no folder uses.
    """
    if not new or not unused:
        return None
    folders = ", ".join(sorted(new))
    return (
        f"the claims of removed shared folders are kept with their files, which are not in the new {folders}: "
        f"{', '.join(unused)}; if a folder was only renamed, write for example claim: {unused[0]} in place of create"
    )


def is_pending(live: Mapping[str, Any]) -> bool:
    """Return whether a claim has no volume yet."""
    return (live.get("status") or {}).get("phase") == "Pending"


def _find_state_problem(live: Mapping[str, Any]) -> str | None:
    if live["metadata"].get("deletionTimestamp"):
        return f"is being deleted since {live['metadata']['deletionTimestamp']}"
    if (live.get("status") or {}).get("phase") == "Lost":
        return "has lost its volume"
    if (live.get("spec") or {}).get("volumeMode") == "Block":
        return "is a block device without a file system (volumeMode: Block)"
    return None


def _modes(live: Mapping[str, Any]) -> Sequence[str]:
    return (live.get("spec") or {}).get("accessModes") or []


def _delete_volume(live: Mapping[str, Any]) -> str:
    """Return how to delete an export's volume. It waits for its claim, and deletes no files of the server."""
    name, claim = live["metadata"]["name"], (live.get("spec") or {}).get("claimRef") or {}
    if (live.get("status") or {}).get("phase") != "Bound" or not claim:
        return f"delete the volume with: kubectl delete pv {name}"
    return (
        "delete its claim and the volume with: "
        f"kubectl delete pvc {claim.get('name')} --namespace {claim.get('namespace')}; kubectl delete pv {name}"
    )


def _another_name(claim: str, namespace: str) -> str:
    return (
        "name the folder otherwise, or, if the claim's files are not needed, delete it: kubectl delete pvc "
        f"{claim} --namespace {namespace}"
    )
