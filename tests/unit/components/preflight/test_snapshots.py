"""The check of the classes with which homes in use are backed up."""

from collections.abc import Mapping
from typing import Any

import pytest

from components.cluster.errors import CannotAsk
from components.config.problems import InvalidTenancy
from components.preflight.node_limits import STORAGE_CLASSES
from components.preflight.snapshots import check_snapshots
from tests.support.cluster_answers import ClusterAnswers
from tests.support.tenancies import tenancy

DRIVER = "cinder.csi.openstack.org"
GROUP = "/apis/snapshot.storage.k8s.io/v1"
CLASS = f"{GROUP}/volumesnapshotclasses/csi-cinder"
GOOD = {"driver": DRIVER, "deletionPolicy": "Delete"}
BACKUP = {
    "endpoint": "https://s3.example.org",
    "bucket": "backups",
    "credentials": {"secret": "pangeo-backup"},
    "snapshotClass": "csi-cinder",
}
KEEPS = {"metadata": {"name": "keeps"}, "provisioner": DRIVER, "reclaimPolicy": "Retain"}
DELETES = {"metadata": {"name": "deletes"}, "provisioner": DRIVER, "reclaimPolicy": "Delete"}
OTHER = {"metadata": {"name": "other"}, "provisioner": "nfs.csi.k8s.io", "reclaimPolicy": "Delete"}


class Cluster(ClusterAnswers):
    """A cluster with storage classes."""

    def get(self, path: str, accept: str = "") -> Mapping[str, Any]:
        assert path == STORAGE_CLASSES
        return {"items": [KEEPS, DELETES, OTHER]}


def check(objects: Mapping[str, Any], storage: Mapping[str, Any] | None = None, copies: str | None = None) -> list[str]:
    backup = BACKUP | ({"snapshotCopyClass": copies} if copies else {})
    stack = tenancy(backup=backup, storage=storage or {"className": "deletes"})
    return check_snapshots(Cluster(objects), stack, source="stacks/Pulumi.vis.yaml")


def refusals(*arguments: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(InvalidTenancy) as caught:
        check(*arguments)
    return [(each.key, each.value, each.message) for each in caught.value.problems]


def test_nothing_is_asked_without_the_key() -> None:
    assert check_snapshots(Cluster({CLASS: AssertionError()}), tenancy(), source="test") == []


@pytest.mark.parametrize(
    ("storage", "copies"),
    [
        ({"className": "deletes"}, None),
        ({"className": "keeps"}, "deletes"),
        ({"create": {"provisioner": DRIVER, "reclaimPolicy": "Delete"}}, None),
        ({"create": {"provisioner": DRIVER}}, "deletes"),
    ],
)
def test_classes_of_one_driver_that_delete_are_accepted(storage: dict[str, Any], copies: str | None) -> None:
    assert check({CLASS: GOOD}, storage, copies) == []


def test_a_class_that_the_cluster_does_not_have() -> None:
    [problem] = refusals({GROUP: {"kind": "APIResourceList"}})
    assert problem == (
        "pangeo:backup.snapshotClass",
        "csi-cinder",
        "does not exist; see: kubectl get volumesnapshotclass",
    )


def test_a_cluster_without_snapshots() -> None:
    [(key, _, message)] = refusals({})
    assert key == "pangeo:backup.snapshotClass"
    assert message.startswith("cannot be used, because the cluster does not serve snapshot.storage.k8s.io/v1; install")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"driver": "rbd.csi.ceph.com"},
            f"has the driver rbd.csi.ceph.com, but the homes have {DRIVER}; write a class",
        ),
        ({"deletionPolicy": "Retain"}, "has the deletionPolicy Retain, so that all snapshots would stay"),
    ],
)
def test_a_class_that_does_not_fit(changes: dict[str, str], message: str) -> None:
    [(key, value, found)] = refusals({CLASS: {**GOOD, **changes}})
    assert (key, value) == ("pangeo:backup.snapshotClass", "csi-cinder")
    assert found.startswith(message)


@pytest.mark.parametrize("storage", [{"className": "keeps"}, {"create": {"provisioner": DRIVER}}])
def test_homes_that_are_retained_need_a_class_for_copies(storage: dict[str, Any]) -> None:
    [(key, value, message)] = refusals({CLASS: GOOD}, storage)
    assert (key, value) == ("pangeo:backup.snapshotCopyClass", "(missing)")
    assert message.startswith("is required, because the class ")
    assert f"write a class of the driver {DRIVER} with Delete" in message


@pytest.mark.parametrize(
    ("copies", "message"),
    [
        ("absent", "does not exist; see: kubectl get storageclass"),
        ("other", f"has the provisioner nfs.csi.k8s.io, but the homes have {DRIVER}; write a class of it"),
        ("keeps", "has the reclaimPolicy Retain, so that every temporary volume would stay"),
    ],
)
def test_a_class_for_copies_that_does_not_fit(copies: str, message: str) -> None:
    [(key, value, found)] = refusals({CLASS: GOOD}, None, copies)
    assert (key, value) == ("pangeo:backup.snapshotCopyClass", copies)
    assert found.startswith(message)


def test_all_problems_are_reported_at_once() -> None:
    assert len(refusals({}, None, "absent")) == 2


def test_a_cluster_that_may_not_be_read_is_a_warning() -> None:
    [warning] = check({CLASS: CannotAsk("the account may not read it")})
    assert warning == "pangeo:backup.snapshotClass: the class csi-cinder cannot be checked: the account may not read it"
