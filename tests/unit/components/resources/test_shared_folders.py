"""The objects of shared folders."""

from typing import Any

from components.resources.shared_folders import folder_manifests
from tests.support.tenancies import tenancy

CREATED = {"name": "ocean", "create": {"sizeGb": 500, "className": "cephfs"}, "writers": "all"}
EXPORT = {"server": "nfs.example.org", "path": "/exports/era5", "options": ["nfsvers=4.1"]}


def manifests(*folders: dict[str, Any]) -> list[dict[str, Any]]:
    return folder_manifests(tenancy(sharedFolders=list(folders)))


def test_a_created_folder_is_a_claim_that_many_pods_mount() -> None:
    (claim,) = manifests(CREATED)
    assert (claim["kind"], claim["metadata"]["name"], claim["metadata"]["namespace"]) == (
        "PersistentVolumeClaim",
        "folder-ocean",
        "vis-pangeo",
    )
    assert claim["metadata"]["annotations"] == {"pulumi.com/skipAwait": "true"}, "it may wait for the first pod"
    assert claim["spec"] == {
        "accessModes": ["ReadWriteMany"],
        "storageClassName": "cephfs",
        "resources": {"requests": {"storage": "500Gi"}},
    }


def test_an_export_is_a_retained_volume_and_the_claim_that_only_it_satisfies() -> None:
    volume, claim = manifests({"name": "era5", "nfs": EXPORT, "writers": "all"})
    assert volume["metadata"] == {"name": "vis-pangeo-folder-era5"}
    assert volume["spec"] == {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteMany"],
        "persistentVolumeReclaimPolicy": "Retain",
        "claimRef": {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "namespace": "vis-pangeo",
            "name": "folder-era5",
        },
        "nfs": {"server": "nfs.example.org", "path": "/exports/era5"},
        "mountOptions": ["nfsvers=4.1"],
    }
    assert claim["spec"] == {
        "accessModes": ["ReadWriteMany"],
        "storageClassName": "",
        "volumeName": "vis-pangeo-folder-era5",
        "resources": {"requests": {"storage": "1Gi"}},
    }


def test_a_data_set_on_nfs_is_read_only_in_every_object() -> None:
    folder = {"name": "era5", "nfs": EXPORT, "readers": "all"}
    assert manifests({**folder, "readOnly": True}) == manifests({**folder, "readOnly": False})


def test_an_existing_claim_is_not_declared() -> None:
    assert manifests({"name": "x", "claim": "data", "readers": "all"}) == []
