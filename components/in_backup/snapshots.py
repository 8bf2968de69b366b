"""Volume snapshots of homes in use, and the temporary claims with their content. Pure.

A run has as many slots as it backs homes up at the same time. A snapshot and its claim have the name of their slot, so
that the service account has the right to delete these objects and no others.
"""

from collections.abc import Mapping
from typing import Any

from components.in_backup.pods import PURPOSE
from components.in_backup.settings import Settings
from components.in_backup.volumes import Volume
from components.in_hub.quantity import size_bytes

Object = Mapping[str, Any]
Manifest = dict[str, Any]

GROUP = "snapshot.storage.k8s.io"
API, SNAPSHOTS = f"/apis/{GROUP}/v1", "volumesnapshots"
"""The API of snapshots (https://kubernetes.io/docs/concepts/storage/volume-snapshots/)."""

SNAPSHOT_PURPOSE = "snapshot"
"""Value of the label of the run's pods, snapshots and temporary claims (``pods.PURPOSE``)."""


def slot_names(count: int) -> list[str]:
    """Return the names of slots.

    They do not contain the release's name: a claim whose name begins with ``claim-`` would count as a home.
    """
    return [f"pangeo-backup-slot-{number}" for number in range(count)]


def snapshot_manifest(settings: Settings, slot: str, volume: Volume) -> Manifest:
    """Return the snapshot of a home."""
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "VolumeSnapshot",
        "metadata": _metadata(settings, slot, volume),
        "spec": {
            "volumeSnapshotClassName": settings.snapshot_class,
            "source": {"persistentVolumeClaimName": volume.claim},
        },
    }


def claim_manifest(settings: Settings, slot: str, volume: Volume, snapshot: Object) -> Manifest:
    """Return the temporary claim with the content of a snapshot that is ready.

    Homes that many pods mount are usually on file servers, some of whose drivers serve a snapshot without a copy to
    claims that nobody can write to. Other drivers refuse such claims, and file systems of block volumes must be
    writable to replay their journal; the pod mounts them without the right to write.
    """
    # Not the home's own class, which may have been another one at its creation, and may retain volumes.
    class_name = settings.snapshot_copy_class
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": _metadata(settings, slot, volume),
        "spec": {
            "accessModes": ["ReadOnlyMany" if volume.is_shared else "ReadWriteOnce"],
            "dataSource": {"apiGroup": GROUP, "kind": "VolumeSnapshot", "name": slot},
            "resources": {"requests": {"storage": _restore_size(snapshot) or volume.size}},
            **({} if class_name is None else {"storageClassName": class_name}),
        },
    }


def is_of_run(found: Object) -> bool:
    """Return whether a snapshot or a claim was created by a run."""
    return (found["metadata"].get("labels") or {}).get(PURPOSE) == SNAPSHOT_PURPOSE


def is_ready(snapshot: Object) -> bool:
    """Return whether a claim can have the snapshot's content."""
    return (snapshot.get("status") or {}).get("readyToUse") is True


def error_of(snapshot: Object) -> str:
    """Return the driver's message about a snapshot; empty without one. The driver may still try again."""
    return str(((snapshot.get("status") or {}).get("error") or {}).get("message") or "")


def _restore_size(snapshot: Object) -> str:
    """Return the smallest size of a claim with the content, as Kubernetes quantity; empty if the driver gives none."""
    size = str((snapshot.get("status") or {}).get("restoreSize") or "0")
    return size if size_bytes(size) > 0 else ""


def _metadata(settings: Settings, slot: str, volume: Volume) -> Manifest:
    labels = {**settings.labels, PURPOSE: SNAPSHOT_PURPOSE}
    return {"name": slot, "labels": labels, "annotations": {"tenancy.pangeo/claim": volume.claim}}
