"""What a restore refuses, and the home that it creates."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from components.cli.restore.errors import RestoreRefused
from components.cli.restore.plan import (
    Claim,
    Use,
    beside_name,
    check_home,
    check_no_start,
    is_finished_by,
    new_home,
    read_claims,
    restore_mark,
    source_path,
)
from components.cli.restore.snapshots import Snapshot
from components.in_backup.repository import HomeTags
from tests.support.tenancies import tenancy

TIME = datetime(2026, 11, 30, 1, 30, tzinfo=UTC)
SNAPSHOT = Snapshot("0123456789", TIME, "/homes/alice", HomeTags("alice", "id-1", "claim-alice", 25))
CLAIM = Claim("claim-alice", "uid", "id-1", ("ReadWriteOnce",))
RUNNING = replace(CLAIM, uses=(Use("jupyter-alice", "node-1"),))


def _refusal(claim: Claim | None, *, in_place: bool = False, other_account: bool = False) -> str:
    try:
        check_home(SNAPSHOT, claim, in_place=in_place, other_account=other_account)
    except RestoreRefused as refused:
        return str(refused)
    return ""


def test_stopped_home_or_none_is_restored_in_any_way() -> None:
    assert [_refusal(claim, in_place=each) for claim in (None, CLAIM) for each in (False, True)] == [""] * 4


def test_running_home_gets_files_beside_only() -> None:
    assert _refusal(RUNNING) == ""
    assert RUNNING.node == "node-1"
    assert _refusal(RUNNING, in_place=True) == (
        "the home of alice is in use by jupyter-alice, and its files may be open; stop the server first, or restore "
        "beside the present files, without --in-place"
    )


def test_backup_in_progress_is_waited_for() -> None:
    read = replace(CLAIM, uses=(Use("backup-0123", "node-1"),))
    assert _refusal(read, in_place=True) == "a backup of the home of alice is being made; try again in a few minutes"
    assert _refusal(read) == ""


def test_start_of_a_server_during_a_restore_is_seen_before_its_pod() -> None:
    check_no_start(SNAPSHOT, CLAIM, CLAIM)
    with pytest.raises(RestoreRefused, match="a server was started with the home of alice meanwhile"):
        check_no_start(SNAPSHOT, CLAIM, replace(CLAIM, last_start="2026-12-01T01:00:00+00:00"))


@pytest.mark.parametrize(
    ("left", "repeated", "is_finished"), [(None, None, True), ("a", "a", True), ("a", None, True), (None, "a", False)]
)
def test_unfinished_restore_is_finished_by_the_same_files(
    left: str | None, repeated: str | None, is_finished: bool
) -> None:
    assert is_finished_by(restore_mark(SNAPSHOT, left), SNAPSHOT, repeated) == is_finished


def test_home_of_one_pod_only_must_be_stopped() -> None:
    assert _refusal(replace(RUNNING, modes=("ReadWriteOncePod",))) == (
        "the home of alice is in use by jupyter-alice, and only one pod can use it (ReadWriteOncePod); stop the server "
        "first"
    )


def test_home_on_several_nodes_needs_none() -> None:
    assert replace(RUNNING, modes=("ReadWriteMany",)).node is None


def test_pod_without_a_node_is_waited_for() -> None:
    assert _refusal(replace(CLAIM, uses=(Use("jupyter-alice", ""),))) == (
        "the home of alice is in use by jupyter-alice, which has no node yet; try again when it runs"
    )


def test_deleted_home_is_refused() -> None:
    assert _refusal(replace(CLAIM, is_deleted=True)) == (
        "the home claim-alice of alice is being deleted; try again when it is gone"
    )


def test_files_of_another_account_need_a_decision() -> None:
    other = replace(CLAIM, user_id="id-2")
    assert _refusal(other) == (
        "the backup 01234567 of 2026-11-30 01:30 UTC has the files of another FreeIPA account (ipaUniqueID id-1) than "
        "that of the home of alice (id-2); if both are the same person, add --other-account"
    )
    assert _refusal(other, other_account=True) == ""
    assert _refusal(replace(CLAIM, user_id="")) == "", "a home of an old version is bound to nobody"


def test_new_home_is_the_former_one_of_the_hub() -> None:
    made = new_home(tenancy(storage={"className": "fast"}), SNAPSHOT)
    assert made["metadata"]["name"] == "claim-alice"
    assert made["metadata"]["annotations"] == {
        "hub.jupyter.org/username": "alice",
        "tenancy.pangeo/user-id": "id-1",
        "tenancy.pangeo/restoring": "0123456789",
    }
    assert made["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "fast",
        "resources": {"requests": {"storage": "25Gi"}},
    }
    assert "storageClassName" not in new_home(tenancy(), SNAPSHOT)["spec"]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        (None, "/homes/alice"),
        (".", "/homes/alice"),
        ("notebooks/tides.ipynb", "/homes/alice/notebooks/tides.ipynb"),
        ("./notebooks//tides/", "/homes/alice/notebooks/tides"),
        ("~/notebooks", "/homes/alice/notebooks"),
        ("/home/jovyan/notebooks", "/homes/alice/notebooks"),
        ("..notes", "/homes/alice/..notes"),
    ],
)
def test_path_is_below_the_home(path: str | None, source: str) -> None:
    assert source_path(SNAPSHOT, path) == source


@pytest.mark.parametrize("path", ["/etc/passwd", "..", "../bob/notes", "notes/../../bob"])
def test_path_out_of_the_home_is_refused(path: str) -> None:
    with pytest.raises(RestoreRefused) as refused:
        source_path(SNAPSHOT, path)
    assert str(refused.value) == (
        f"--path {path} is not in the home; write it from the home's folder, for example notebooks/tides.ipynb"
    )


def test_folder_beside_has_the_day_of_the_backup() -> None:
    assert beside_name(TIME) == "restored-2026-11-30"


def test_claims_know_the_pods_that_use_them() -> None:
    def pod(name: str, phase: str, claim: str) -> dict[str, Any]:
        volume = {"persistentVolumeClaim": {"claimName": claim}}
        spec = {"nodeName": "node-1", "volumes": [{"configMap": {}}, volume]}
        return {"metadata": {"name": name}, "spec": spec, "status": {"phase": phase}}

    metadata = {"name": "claim-alice", "uid": "u", "annotations": {"tenancy.pangeo/user-id": "id-1"}}
    claim = {"metadata": metadata, "spec": {"accessModes": ["ReadWriteOnce"]}}
    pods = [pod("jupyter-alice", "Running", "claim-alice"), pod("backup-1", "Succeeded", "claim-alice")]
    assert read_claims([claim], pods) == {"claim-alice": replace(RUNNING, uid="u")}
