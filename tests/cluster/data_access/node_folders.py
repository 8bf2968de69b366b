"""Folders of the node as volumes that many pods can mount, with the objects that the tenancy's operator creates."""

import os
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.cluster.data_access.settings import ERA5_CLAIM, GID, LOST_CLAIM, NAME, OCEAN_CLAIM
from tests.support.second_tenancy import SecondTenancy

Manifest = dict[str, Any]


class NodeFolders:
    """The folders: ``ocean``, which a group writes, and ``era5`` with a data set."""

    def __init__(self, folder: Path) -> None:
        self.ocean, self.era5 = folder / "ocean", folder / "era5"
        self.word = uuid4().hex
        """The content of the data set."""
        for each in (self.ocean, self.era5):
            each.mkdir()
        os.chown(self.ocean, 0, GID)
        self.ocean.chmod(0o2775)
        self.era5.chmod(0o755)
        (self.era5 / "data.txt").write_text(self.word)

    def create_volumes(self, tenancy: SecondTenancy) -> None:
        """Create the volumes and their class, before the first ``up``."""
        tenancy.apply(
            _storage_class(), _volume("ocean", OCEAN_CLAIM, self.ocean), _volume("era5", ERA5_CLAIM, self.era5)
        )

    def create_claims(self, tenancy: SecondTenancy) -> None:
        """Create the claims that the stack file names; only that of ``era5`` has a volume."""
        tenancy.apply(_claim(ERA5_CLAIM), lost_claim())

    def delete_class(self, tenancy: SecondTenancy) -> None:
        """Delete the storage class; the volumes are deleted with the tenancy."""
        tenancy.kubectl("delete", "storageclass", NAME, "--ignore-not-found")


def lost_claim() -> Manifest:
    """Return the claim of the folder ``lost``, which no pod uses."""
    return _claim(LOST_CLAIM)


def _storage_class() -> Manifest:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": NAME},
        "provisioner": "kubernetes.io/no-provisioner",
        "allowVolumeExpansion": True,
    }


def _volume(name: str, claim: str, path: Path) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"{NAME}-{name}"},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "capacity": {"storage": "1Gi"},
            "storageClassName": NAME,
            "persistentVolumeReclaimPolicy": "Retain",
            "claimRef": {"namespace": NAME, "name": claim},
            "hostPath": {"path": str(path), "type": "Directory"},
        },
    }


def _claim(name: str) -> Manifest:
    requests = {"requests": {"storage": "1Gi"}}
    spec = {"accessModes": ["ReadWriteMany"], "storageClassName": NAME, "resources": requests}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}
