"""A run that reads homes in use from volume snapshots, with the real API server, restic and S3 store."""

from collections.abc import Iterator
from typing import Any

import pytest

from components.in_backup import snapshot_copies
from components.in_backup.cluster import ClusterError
from components.in_backup.volumes import BACKED_UP
from tests.engine.backup.backup_namespace import SNAPSHOT_CLASS, BackupNamespace, Interrupted
from tests.engine.backup.snapshot_controller import SnapshotController, snapshot_kind
from tests.support.api_server import ApiServer

SLOT = "pangeo-backup-slot-0"


@pytest.fixture(scope="module", autouse=True)
def kind(api_server: ApiServer) -> Iterator[None]:
    """The kind VolumeSnapshot."""
    with snapshot_kind(api_server):
        yield


@pytest.fixture
def controller(namespace: BackupNamespace) -> SnapshotController:
    """The controller of snapshots, in a namespace in which alice's server runs."""
    namespace.create_home("alice")
    namespace.start_server("alice", "node-b")
    return SnapshotController(namespace)


def test_a_home_in_use_is_read_as_it_was_at_its_snapshot(
    namespace: BackupNamespace, controller: SnapshotController
) -> None:
    namespace.create_home("bob")

    def change_file(pod: dict[str, Any]) -> None:
        if _source(pod)[0] == SLOT:
            (namespace.runner.claim_folder("claim-alice") / "notes.txt").write_text("changed")

    namespace.runner.started = change_file
    is_good, result = namespace.run(stop=lambda: not controller.look(), snapshot_class=SNAPSHOT_CLASS)
    assert result.run is not None
    assert (is_good, result.run.good, result.run.without_snapshot) == (True, 2, {}), namespace.log
    assert namespace.restic("dump", "latest", "/homes/alice/notes.txt", "--path", "/homes/alice") == "of alice"
    assert [each["spec"]["source"] for each in controller.taken] == [{"persistentVolumeClaimName": "claim-alice"}]
    assert {_source(pod) for pod in namespace.runner.seen} == {(SLOT, False), ("claim-bob", False), ("", False)}
    [claim] = controller.claims.values()
    assert (claim["spec"]["storageClassName"], claim["spec"]["resources"]) == (
        "copies",
        {"requests": {"storage": "3Gi"}},
    )
    home = namespace.api.read("--namespace", namespace.name, "pvc", "claim-alice")
    assert BACKED_UP in home["metadata"]["annotations"]
    assert controller.look() == (set(), set())


def test_a_home_whose_snapshot_fails_is_read_on_its_node(
    namespace: BackupNamespace, controller: SnapshotController, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot_copies, "SNAPSHOT_SECONDS", 3.0)
    controller.error = "the pool is full"
    is_good, result = namespace.run(stop=lambda: not controller.look(), snapshot_class=SNAPSHOT_CLASS)
    assert result.run is not None
    assert (is_good, result.run.good, result.run.incomplete) == (True, 1, {}), namespace.log
    [message] = result.run.without_snapshot.values()
    assert message.endswith(": the pool is full")
    assert ("claim-alice", True) in [_source(pod) for pod in namespace.runner.seen]
    assert controller.look() == (set(), set())


def test_objects_of_a_run_that_was_killed_are_deleted_by_the_next_one(
    namespace: BackupNamespace, controller: SnapshotController
) -> None:
    def is_taken() -> bool:
        snapshots, claims = controller.look()
        return bool(snapshots) and not claims

    def is_claimed() -> bool:
        return bool(controller.look()[1])

    # The claim and the pod that reads it are created in one step. The last one is killed while it deletes them.
    for is_time in (is_taken, is_claimed, is_taken):
        with pytest.raises(Interrupted):
            namespace.run(stop=is_time, snapshot_class=SNAPSHOT_CLASS)
    is_good, _ = namespace.run(stop=lambda: not controller.look(), snapshot_class=SNAPSHOT_CLASS)
    assert is_good, namespace.log
    assert controller.look() == (set(), set())
    assert len(namespace.snapshots()) == 1


def test_an_object_of_others_stays_and_the_home_is_read_on_its_node(
    namespace: BackupNamespace, controller: SnapshotController
) -> None:
    metadata = {"name": SLOT, "annotations": {"notes": "of somebody"}}
    namespace.apply({"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshot", "metadata": metadata})
    is_good, result = namespace.run(snapshot_class=SNAPSHOT_CLASS)
    assert result.run is not None
    assert is_good, namespace.log
    assert result.run.without_snapshot == {"alice": f"there is another VolumeSnapshot {SLOT}; delete it"}
    assert namespace.kubectl("get", "volumesnapshot", SLOT, "--output=name")


def test_the_account_deletes_only_claims_of_slots_with_the_expected_uid(namespace: BackupNamespace) -> None:
    cluster = namespace.cluster()
    for claim in ("claim-alice", SLOT):
        namespace.create_claim(claim, {})
    with pytest.raises(ClusterError, match="forbidden") as refusal:
        cluster.delete("persistentvolumeclaims", "claim-alice")
    assert refusal.value.is_refusal
    uid = namespace.api.read("--namespace", namespace.name, "pvc", SLOT)["metadata"]["uid"]
    cluster.delete("persistentvolumeclaims", SLOT, uid="of-another")
    assert not _is_deleted(namespace, SLOT)
    cluster.delete("persistentvolumeclaims", SLOT, uid=uid)
    assert _is_deleted(namespace, SLOT)
    assert not _is_deleted(namespace, "claim-alice")


def _is_deleted(namespace: BackupNamespace, claim: str) -> bool:
    """Return whether a claim is gone, or will be when no pod uses it."""
    template = "--output=jsonpath={.metadata.uid} {.metadata.deletionTimestamp}"
    return len(namespace.kubectl("get", "pvc", claim, "--ignore-not-found", template).split()) != 1


def _source(pod: dict[str, Any]) -> tuple[str, bool]:
    """Return the claim that a pod reads, and whether it runs on a certain node."""
    claims = [each.get("persistentVolumeClaim", {}).get("claimName", "") for each in pod["spec"]["volumes"]]
    return max(claims), "affinity" in pod["spec"]
