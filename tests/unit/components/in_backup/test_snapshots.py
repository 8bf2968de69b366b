"""Snapshots of homes in use, and the temporary claims with their content."""

from dataclasses import replace
from typing import Any

import pytest

from components.in_backup import snapshot_copies
from components.in_backup.pod_names import volume_pod_name
from components.in_backup.pods import home_pod
from components.in_backup.repository import Repository
from components.in_backup.results import Run
from components.in_backup.session import Session
from components.in_backup.settings import Settings
from components.in_backup.snapshot_copies import SnapshotCopies, SnapshotFailed
from components.in_backup.snapshots import claim_manifest, slot_names, snapshot_manifest
from components.in_backup.volumes import Volume, VolumeUse
from components.ownership.claims import is_home

HOME = Volume("claim-alice", "uid", "2Gi", user="alice", path="/homes/alice")
DATABASE = Volume("hub-db-dir", "uid", "1Gi")
IN_USE = [VolumeUse("jupyter-alice", "a")]
SETTINGS = Settings(
    namespace="vis",
    repository=Repository("s3:https://s3.example.org/backups", "eu", "vis", "pangeo-backup"),
    keep={},
    concurrency=1,
    ram_gb=0.5,
    limit_seconds=60,
    priority_class="backups",
    snapshot_class="snapshots",
    snapshot_copy_class="copies",
)
[SLOT] = slot_names(1)


class Cluster:
    """A cluster that keeps created objects; snapshots have a status."""

    def __init__(self, **status: Any) -> None:
        self.status = status
        self.objects: dict[tuple[str, str], dict[str, Any]] = {}
        self.deleted: list[str] = []

    def create(self, kind: str, manifest: dict[str, Any], api: str) -> bool:
        key = kind, manifest["metadata"]["name"]
        if key in self.objects:
            return False
        self.objects[key] = {**manifest, "metadata": {**manifest["metadata"], "uid": f"{kind}-uid"}}
        return True

    def find(self, kind: str, name: str, api: str) -> dict[str, Any] | None:
        found = self.objects.get((kind, name))
        return found if found is None else {**found, "status": self.status}

    def delete(self, kind: str, name: str, api: str, *, uid: str) -> None:
        assert self.objects.pop((kind, name))["metadata"]["uid"] == uid
        self.deleted.append(kind)


def make_copies(cluster: Cluster, **changes: Any) -> SnapshotCopies:
    run = Run("nightly", "2026-12-01T01:00:00+00:00")
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "run", "uid": "of-run"}
    session = Session(cluster, replace(SETTINGS, **changes), owner, lambda _line: None, run)  # type: ignore[arg-type]
    return SnapshotCopies(session)


def test_a_slot_is_no_home_of_any_user() -> None:
    snapshot = {"status": {"readyToUse": True}}
    assert not is_home(claim_manifest(SETTINGS, SLOT, HOME, snapshot))
    assert slot_names(2) == ["pangeo-backup-slot-0", "pangeo-backup-slot-1"]


@pytest.mark.parametrize(
    ("restore_size", "size"), [(None, "2Gi"), ("0", "2Gi"), ("3Gi", "3Gi"), ("5368709120", "5368709120")]
)
def test_a_temporary_claim_has_the_size_that_the_driver_needs(restore_size: str | None, size: str) -> None:
    claim = claim_manifest(SETTINGS, SLOT, HOME, {"status": {"restoreSize": restore_size}})
    assert claim["spec"]["resources"]["requests"]["storage"] == size


def test_a_temporary_claim_has_the_class_for_copies_and_the_mode_of_the_home() -> None:
    spec = claim_manifest(SETTINGS, SLOT, HOME, {})["spec"]
    assert (spec["storageClassName"], spec["accessModes"]) == ("copies", ["ReadWriteOnce"])
    assert spec["dataSource"] == {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": SLOT}
    default = claim_manifest(replace(SETTINGS, snapshot_copy_class=None), SLOT, replace(HOME, is_shared=True), {})
    assert "storageClassName" not in default["spec"]
    assert default["spec"]["accessModes"] == ["ReadOnlyMany"]


def test_a_snapshot_is_of_the_claim_of_the_home() -> None:
    spec = snapshot_manifest(SETTINGS, SLOT, HOME)["spec"]
    assert spec == {"volumeSnapshotClassName": "snapshots", "source": {"persistentVolumeClaimName": "claim-alice"}}


def test_a_copy_is_read_at_the_path_of_the_home_without_the_right_to_write() -> None:
    pod = home_pod(SETTINGS, HOME, node=None, seconds=60, copy=SLOT)
    [container] = pod["spec"]["containers"]
    assert {"name": "home", "mountPath": "/homes/alice", "readOnly": True} in container["volumeMounts"]
    assert {"name": "home", "persistentVolumeClaim": {"claimName": SLOT}} in pod["spec"]["volumes"]
    # The hub and restores end pods that hold a home, by this name; a copy holds none.
    assert pod["metadata"]["name"] == volume_pod_name(SLOT) != volume_pod_name("claim-alice")


def test_only_homes_in_use_are_copied() -> None:
    copies = make_copies(Cluster())
    assert copies.is_wanted(HOME, IN_USE)
    assert not copies.is_wanted(HOME, [])
    assert not copies.is_wanted(DATABASE, IN_USE)
    assert not make_copies(Cluster(), snapshot_class=None).is_wanted(HOME, IN_USE)


def test_a_copy_goes_on_when_the_server_stops() -> None:
    copies = make_copies(Cluster())
    copies.prepare(HOME)
    assert copies.is_wanted(HOME, [])


def test_steps_of_a_copy() -> None:
    cluster = Cluster(readyToUse=False)
    copies = make_copies(cluster)
    assert [copies.prepare(HOME), copies.prepare(HOME)] == [None, None]
    assert list(cluster.objects) == [("volumesnapshots", SLOT)]
    cluster.status = {"readyToUse": True}
    assert copies.prepare(HOME) == SLOT
    assert ("persistentvolumeclaims", SLOT) in cluster.objects
    for each in cluster.objects.values():
        assert each["metadata"]["ownerReferences"] == [copies.session.owner]
    assert copies.end(HOME)
    copies.delete_ended({volume_pod_name(SLOT)})
    assert cluster.deleted == []  # as long as the pod is there
    for _ in range(2):
        copies.delete_ended(set())
    assert cluster.deleted == ["persistentvolumeclaims", "volumesnapshots"]
    copies.delete_ended(set())
    assert copies.number_ending == 0


def test_a_request_whose_answer_was_lost_counts() -> None:
    cluster = Cluster(readyToUse=True)
    make_copies(cluster).prepare(HOME)
    again = make_copies(cluster)
    assert [again.prepare(HOME), again.prepare(HOME)] == [None, SLOT]


def test_a_snapshot_that_is_not_ready_in_time_fails_with_the_message_of_the_driver(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(snapshot_copies, "SNAPSHOT_SECONDS", -1.0)
    copies = make_copies(Cluster(error={"message": "no space in the pool"}))
    copies.prepare(HOME)
    with pytest.raises(SnapshotFailed, match=r"not ready within .* minutes: no space in the pool"):
        copies.prepare(HOME)


def test_after_three_failures_no_further_snapshot_is_tried() -> None:
    copies = make_copies(Cluster())
    homes = [replace(HOME, claim=f"claim-{number}", user=f"user{number}") for number in range(5)]
    for home in homes[:3]:
        copies.fail(home, "no space")
    for home in homes[3:]:
        with pytest.raises(SnapshotFailed) as failure:
            copies.prepare(home)
        copies.fail(home, str(failure.value))
        assert str(failure.value) == "those of 3 homes in a row failed before; the last: no space"
    assert list(copies.session.state.without_snapshot) == [each.user for each in homes]


def test_slots_that_are_not_deleted_delay_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    copies = make_copies(Cluster())
    copies.prepare(HOME)
    copies.end(HOME)
    assert copies.number_ending == 1
    monkeypatch.setattr(snapshot_copies, "SNAPSHOT_SECONDS", -1.0)
    assert copies.number_ending == 0
    with pytest.raises(SnapshotFailed, match="earlier ones are not deleted: pangeo-backup-slot-0"):
        copies.prepare(replace(HOME, claim="claim-bob"))
