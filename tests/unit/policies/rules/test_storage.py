"""Volumes that are retained and can be expanded."""

from typing import Any

import pytest

from tests.unit.policies import declared

RULE = "retained-expandable-volumes"
SEPARATE = "separate-volumes"
HOMES = "singleuser__storage__dynamic__storageClass"
DATABASE = "hub__db__pvc__storageClassName"


def check_release(organisation: dict[str, Any] | None = None, **changes: Any) -> list[str]:
    return declared.check(RULE, declared.release(**changes), organisation=organisation).messages


@pytest.mark.parametrize(
    "changes",
    [
        {"reclaimPolicy": "Delete"},
        {"reclaimPolicy": None},
        {"allowVolumeExpansion": False},
        {"allowVolumeExpansion": None},
    ],
)
def test_the_stacks_class_retains_and_expands_volumes(changes: dict[str, Any]) -> None:
    assert len(declared.check(RULE, declared.storage_class(**changes)).messages) == 1


@pytest.mark.parametrize("path", [HOMES, DATABASE])
def test_an_existing_class_must_be_listed(path: str) -> None:
    here: dict[str, Any] = {path: "csi-cinder"}
    (message,) = check_release(**here)
    assert ": the storage class csi-cinder, which this stack does not create" in message
    assert check_release({"classes": ["csi-cinder"]}, **here) == []


@pytest.mark.parametrize("path", [HOMES, DATABASE])
def test_the_default_class_must_be_approved(path: str) -> None:
    (message,) = check_release(**{path: None})
    assert "default storage class" in message
    assert check_release({"clusterDefault": True}, **{path: None}) == []


def test_a_class_that_the_stack_does_not_create_is_refused() -> None:
    stack = {**declared.config(), "pangeo:storage": '{"className": "vis-pangeo-homes"}'}
    assert len(declared.check(RULE, declared.release(), stack=stack).messages) == 2


@pytest.mark.parametrize("kind", ["none", "static"])
def test_every_user_has_a_volume(kind: str) -> None:
    (message,) = check_release(singleuser__storage__type=kind)
    assert "would not have their own volumes" in message


def test_the_hubs_database_is_not_in_memory() -> None:
    (message,) = check_release(hub__db__type="sqlite-memory")
    assert "lost at every restart" in message


@pytest.mark.parametrize(
    "parameters",
    [
        {"subDir": "homes"},
        {"share": "/", "server": "nfs.example.org"},
        {"pathPattern": "shared"},
        {"nfs-shareClient": "0.0.0.0/0"},
        {"mountPermissions": "0777"},
        {"csi.storage.k8s.io/node-publish-secret-namespace": "kube-system"},
    ],
    ids=str,
)
def test_parameters_that_could_share_volumes_are_refused(parameters: dict[str, str]) -> None:
    resource = declared.storage_class(parameters=parameters)
    messages = declared.check(SEPARATE, resource).messages
    assert messages == [f"parameters.{name} is not known to keep each user's volume separate" for name in parameters]
    assert declared.check(SEPARATE, resource, organisation={"parameters": list(parameters)}).messages == []


def test_parameters_of_block_storage_are_accepted() -> None:
    usual = {"type": "ssd", "availability": "nova", "csi.storage.k8s.io/fstype": "ext4"}
    assert declared.check(SEPARATE, declared.storage_class(parameters=usual)).messages == []
