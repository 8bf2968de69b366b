"""The claims and volumes of shared folders, as manifests. Pure."""

from collections.abc import Iterator
from typing import Any

from components.config.shared_folders import SharedFolder, export_volume_name
from components.config.tenancy import Tenancy
from components.resources.ingress import NO_WAIT

Manifest = dict[str, Any]

NFS_SIZE = "1Gi"
"""Size of the volume of an NFS export. Kubernetes requires one and ignores it."""

MODE = "ReadWriteMany"
"""Access mode of all volumes and claims, also of data sets: it cannot be changed later."""


def folder_manifests(tenancy: Tenancy) -> list[Manifest]:
    """Return the objects of all folders, volumes before their claims. Existing claims are not among them."""
    return [manifest for folder in tenancy.shared_folders for manifest in _objects(tenancy, folder)]


def volume_name(tenancy: Tenancy, folder: SharedFolder) -> str:
    """Return the name of the PersistentVolume of an NFS export; the cluster has no namespaces for them."""
    return export_volume_name(tenancy.cluster_name, folder.name)


def _objects(tenancy: Tenancy, folder: SharedFolder) -> Iterator[Manifest]:
    if folder.create is not None:
        yield _claim(
            tenancy,
            folder,
            {
                "storageClassName": folder.create.class_name,
                "resources": {"requests": {"storage": f"{folder.create.size_gb}Gi"}},
            },
        )
    if folder.nfs is not None:
        volume = volume_name(tenancy, folder)
        yield {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": volume},
            "spec": {
                "capacity": {"storage": NFS_SIZE},
                "accessModes": [MODE],
                # The program never deletes files of the server.
                "persistentVolumeReclaimPolicy": "Retain",
                "claimRef": {
                    "apiVersion": "v1",
                    "kind": "PersistentVolumeClaim",
                    "namespace": tenancy.namespace,
                    "name": folder.claim_name,
                },
                # Read-only is a setting of the mounts: the one of a volume could not be changed. The API server drops
                # empty fields, so every preview would show them as changes.
                "nfs": {"server": folder.nfs.server, "path": folder.nfs.path},
                **({"mountOptions": list(folder.nfs.options)} if folder.nfs.options else {}),
            },
        }
        yield _claim(
            tenancy,
            folder,
            # The empty class keeps provisioners from the claim.
            {"storageClassName": "", "volumeName": volume, "resources": {"requests": {"storage": NFS_SIZE}}},
        )


def _claim(tenancy: Tenancy, folder: SharedFolder, source: Manifest) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        # A claim may wait for the first pod that mounts it.
        "metadata": {"name": folder.claim_name, "namespace": tenancy.namespace, "annotations": NO_WAIT},
        "spec": {"accessModes": [MODE], **source},
    }
