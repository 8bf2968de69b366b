"""What becomes of an object that outlives a destroy."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from components.cluster.answers import NOT_FOUND
from components.cluster.client import ReadWriteApi
from components.cluster.errors import Refused
from components.contract.removal import Fate, RemovalRefused, attempt, end_deployment, fate, places
from components.ownership.existing import FoundObject, TakenOver
from components.ownership.mark import ANNOTATION, Mark, Owner

OURS = Owner("vis", "c1", "d1")
OTHERS = [Owner("vis", "c1", "d2"), Owner("vis", "c2", "d1"), Owner("prod", "c1", "d3")]


def found(mark: Mark | str) -> FoundObject:
    return FoundObject("Namespace", "vis", "", "u1", str(mark), "")


def fates(mark: Mark | str, taken_over: TakenOver | None = None) -> tuple[Fate, Fate]:
    """Return the fate with protection, and without."""
    entries = {"Namespace vis": taken_over} if taken_over else {}
    protected, open_ = (fate(found(mark), OURS, protect=protect, taken_over=entries) for protect in (True, False))
    return protected, open_


def test_own_object_is_kept_or_deleted() -> None:
    assert fates(Mark(OURS, is_kept=False)) == (Fate.KEEP, Fate.DELETE)
    assert fates(Mark(OURS, is_kept=True)) == (Fate.KEEP, Fate.DELETE), "a destroy is repeated"


@pytest.mark.parametrize("owner", OTHERS)
@pytest.mark.parametrize("kept", [True, False])
def test_object_of_others_is_left(owner: Owner, kept: bool) -> None:
    assert fates(Mark(owner, kept)) == (Fate.LEAVE, Fate.LEAVE)


def test_unmarked_object_is_left() -> None:
    assert fates("") == (Fate.LEAVE, Fate.LEAVE)


def test_adopted_object_only_loses_the_mark() -> None:
    assert fates(Mark(OURS, is_kept=False), TakenOver("u1", "", adopted=True)) == (Fate.UNMARK, Fate.UNMARK)
    assert fates("", TakenOver("u1", "", adopted=True)) == (Fate.LEAVE, Fate.LEAVE), "it was not marked yet"


def test_object_of_an_older_version_that_was_not_marked_yet_is_the_own_one() -> None:
    assert fates("", TakenOver("u1", "", adopted=False)) == (Fate.KEEP, Fate.DELETE)
    assert fates("", TakenOver("another", "", adopted=False)) == (Fate.LEAVE, Fate.LEAVE)


def test_storage_class_is_included_only_if_the_program_creates_it() -> None:
    settings = {"createdClass": {"provisioner": "csi.example.org"}, "storageClass": "vis-homes"}
    props = {"namespace": "vis", "settings": settings, "protect": False}
    assert [str(place) for place in places(props)] == ["Namespace vis", "StorageClass vis-homes"]
    existing = {"namespace": "vis", "settings": {"createdClass": {}, "storageClass": "ssd"}, "protect": True}
    assert [str(place) for place in places(existing)] == ["Namespace vis"]
    assert attempt(props) == "deleting: Namespace vis, StorageClass vis-homes"
    assert attempt(existing) == "marking as kept: Namespace vis"


class Cluster(ReadWriteApi):
    """A cluster's objects by their path, with the namespace of this deployment."""

    server = "https://c1"

    def __init__(self, *claims: Mapping[str, Any]) -> None:
        self.objects: dict[str, Any] = {"/api/v1/namespaces/kube-system": _object("kube-system", "c1", "")}
        self.objects["/api/v1/namespaces/vis"] = _object("vis", "u1", str(Mark(OURS, is_kept=False)))
        del self.objects["/api/v1/namespaces/vis"]["metadata"]["namespace"]
        self.objects |= {f"{CLAIMS}/{each['metadata']['name']}": each for each in claims}
        self.deleted: list[str] = []
        self.lists_of_claims = 0
        self.may_list_claims = True

    def get(self, path: str, accept: str = "") -> Any:
        if path == CLAIMS:
            self.lists_of_claims += 1
            if not self.may_list_claims:
                raise Refused("https://c1: the account may not read persistentvolumeclaims (403)")
        if path in self.objects:
            return self.objects[path]
        return {"items": [each for place, each in self.objects.items() if place.startswith(f"{path}/")]}

    def send(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        place = path.partition("?")[0]
        if method == "PUT":
            self.objects[place] = body
        if method == "DELETE":
            self.deleted.append(place.rpartition("/")[2])
            self.objects = {key: each for key, each in self.objects.items() if not key.startswith(place)}
        found = self.objects.get(place)
        return (200 if found else NOT_FOUND), found

    def marks(self) -> Iterator[tuple[str, str]]:
        for each in self.objects.values():
            yield each["metadata"]["name"], each["metadata"]["annotations"].get(ANNOTATION, "")


CLAIMS = "/api/v1/namespaces/vis/persistentvolumeclaims"


def _object(name: str, uid: str, mark: str, **spec: str) -> dict[str, Any]:
    about = {"name": name, "namespace": "vis", "uid": uid, "annotations": {ANNOTATION: mark} if mark else {}}
    return {"metadata": about, "spec": spec}


def end(cluster: Cluster, *, protect: bool, entries: Mapping[str, TakenOver] | None = None) -> list[str]:
    props = {
        "namespace": "vis",
        "settings": {},
        "protect": protect,
        "cluster": {"server": "https://c1", "uid": "c1"},
        "owner": {"stack": "vis", "deployment": "d1"},
        "takenOver": {key: each.as_props() for key, each in (entries or {}).items()},
    }
    reports: list[str] = []
    end_deployment(cluster, props, reports.append)
    return reports


OWN = str(Mark(OURS, is_kept=False))


def test_namespace_is_not_deleted_with_claims_of_others() -> None:
    own = [_object("claim-alice", "u2", ""), _object("hub-db-dir", "u3", ""), _object("folder-a", "u4", OWN)]
    cluster = Cluster(*own)
    end(cluster, protect=False)
    assert cluster.deleted == ["vis"]
    assert cluster.lists_of_claims == 1

    for mark in ("", *(str(Mark(each, is_kept=True)) for each in OTHERS)):
        cluster = Cluster(*own, _object("archive-data", "u5", mark))
        with pytest.raises(RemovalRefused) as refused:
            end(cluster, protect=False)
        assert str(refused.value) == (
            "the namespace vis is not deleted, because volume claims are in it that this deployment did not create: "
            "archive-data; copy their files, and delete them, for example with: kubectl delete pvc archive-data "
            "--namespace vis; or keep the namespace with all homes: set pangeo:protect to true, then run pulumi up "
            "and pulumi destroy"
        )
        assert cluster.deleted == []
        end(cluster, protect=True)


def test_adopted_claim_keeps_the_namespace() -> None:
    entries = {"PersistentVolumeClaim vis/folder-a": TakenOver("u4", "", adopted=True)}
    with pytest.raises(RemovalRefused):
        end(Cluster(_object("folder-a", "u4", OWN)), protect=False, entries=entries)


def test_folders_that_were_removed_from_the_file_are_marked_as_kept() -> None:
    cluster = Cluster(
        _object("folder-a", "u4", OWN, storageClassName="cephfs", volumeName="pvc-1"),
        _object("folder-b", "u5", OWN, storageClassName="", volumeName="vis-folder-b"),
        _object("archive-data", "u6", "", storageClassName="", volumeName="archive"),
    )
    volumes = "/api/v1/persistentvolumes"
    cluster.objects[f"{volumes}/vis-folder-b"] = _object("vis-folder-b", "u7", OWN)
    cluster.objects[f"{volumes}/archive"] = _object("archive", "u8", "")
    end(cluster, protect=True)
    kept = str(Mark(OURS, is_kept=True))
    assert {name for name, mark in cluster.marks() if mark == kept} == {"vis", "folder-a", "folder-b", "vis-folder-b"}


def test_protected_destroy_does_not_need_the_list_of_claims() -> None:
    cluster = Cluster(_object("folder-a", "u4", OWN))
    cluster.may_list_claims = False
    assert end(cluster, protect=True) == [
        "claims of shared folders that were removed from the stack file are not marked as kept: https://c1: the "
        "account may not read persistentvolumeclaims (403)"
    ]
    assert dict(cluster.marks())["vis"] == str(Mark(OURS, is_kept=True))


def test_unprotected_destroy_needs_the_list_of_claims() -> None:
    cluster = Cluster()
    cluster.may_list_claims = False
    with pytest.raises(Refused):
        end(cluster, protect=False)
    assert cluster.deleted == []
