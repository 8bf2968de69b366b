"""A run of the backup with the real API server, restic and S3 store."""

import json
from typing import Any

import pytest

from components.in_backup import scripts, volume_backups
from components.in_backup.session import RunFailed
from components.in_backup.volumes import BACKED_UP
from components.in_hub.home_marks import ARCHIVE, ARCHIVED_AT, AWAY_SINCE, RESTORING
from tests.engine.backup.backup_namespace import USER_ID, BackupNamespace, Interrupted
from tests.support.home_claim import release_claim
from tests.support.waiting import wait_until


def test_a_run_backs_up_all_homes_and_the_database(namespace: BackupNamespace) -> None:
    namespace.create_database()
    namespace.create_home("alice")
    namespace.create_home("bob", {"data/large.bin": "x" * 1_000_000})
    is_good, result = namespace.run()
    assert result.run is not None
    assert (is_good, result.run.error, result.run.failed) == (True, "", {}), namespace.log
    by_path = {tuple(each["paths"]): each for each in namespace.snapshots()}
    assert set(by_path) == {("/homes/alice",), ("/homes/bob",), ("/hub/jupyterhub.sqlite",)}
    assert by_path["/homes/alice",]["tags"] == ["home", "user=alice", f"id={USER_ID}", "claim=claim-alice", "gb=2"]
    assert {each["hostname"] for each in by_path.values()} == {namespace.name}
    assert namespace.restic("dump", "latest", "/homes/alice/notes.txt", "--path", "/homes/alice") == "of alice"
    done = (result.test_restore, result.database_restore, result.check, result.retention)
    assert [each and (each.is_good, each.message) for each in done] == [(True, "")] * 4


def test_homes_in_use_are_read_on_their_node_and_give_way_to_servers(namespace: BackupNamespace) -> None:
    for user in ("alice", "bob"):
        namespace.create_home(user)
    namespace.start_server("alice", "node-b")

    def start_elsewhere(pod: dict[str, Any]) -> None:
        # Bob's server gets another node when the pod of the backup has just begun.
        if _claim(pod) == "claim-bob" and not namespace.api.exists("--namespace", namespace.name, "pod", "jupyter-bob"):
            namespace.start_server("bob", "node-c")
            wait_until(lambda: _is_deleted(namespace, pod), "the pod of the backup is not deleted")

    namespace.runner.started = start_elsewhere
    is_good, _ = namespace.run()
    assert is_good, namespace.log
    nodes = [(claim, _node(pod)) for pod in namespace.runner.seen if (claim := _claim(pod))]
    assert sorted(nodes) == [("claim-alice", "node-b"), ("claim-bob", "any"), ("claim-bob", "node-c")]
    assert len(namespace.snapshots()) == 2


def test_a_deleted_home_and_an_unreadable_file_do_not_end_a_run(namespace: BackupNamespace) -> None:
    namespace.create_home("alice")
    namespace.create_home("bob")
    secret = namespace.create_home("carol") / "of-root"
    secret.write_text("x")
    secret.chmod(0o600)

    def delete_home(pod: dict[str, Any]) -> None:
        if _claim(pod) == "claim-bob":
            namespace.kubectl("delete", "pvc", "claim-bob", "--wait=false")
            release_claim(namespace.api, namespace.name, "claim-bob")
            namespace.kubectl("delete", "pod", pod["metadata"]["name"], "--wait=false")

    namespace.runner.started = delete_home
    is_good, result = namespace.run()
    assert result.run is not None
    assert (is_good, result.run.failed, result.run.volumes, result.run.good) == (True, {}, 2, 2), namespace.log
    assert result.run.deleted == {"bob": "claim-bob"}
    assert result.run.incomplete == {"carol": "some files could not be read: /homes/carol/of-root: permission denied"}


def test_wrong_credentials_are_named_and_the_next_run_goes_on(namespace: BackupNamespace) -> None:
    namespace.create_home("alice")
    namespace.create_secret(secret_key="another")
    is_good, result = namespace.run("first")
    assert result.run is not None
    assert not is_good
    assert result.run.error.startswith("the store refuses access to http://127.0.0.1:")
    assert "another" not in f"{result}{namespace.log}"
    namespace.create_secret()
    is_good, result = namespace.run("second")
    assert is_good, namespace.log
    namespace.create_secret(repository_password="another")
    is_good, result = namespace.run("third")
    assert result.run is not None
    assert result.run.error.endswith("(restic: Fatal: wrong password or no key found)")
    assert len(namespace.snapshots()) == 1


def test_a_home_that_is_half_restored_and_one_of_the_future(
    namespace: BackupNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(volume_backups, "DEFER_SECONDS", 1.0)
    for user, mark in (("alice", f"{RESTORING}=f00"), ("bob", f"{BACKED_UP}=2040-01-01T00:00:00Z")):
        namespace.create_home(user)
        namespace.kubectl("annotate", "pvc", f"claim-{user}", mark)
    is_good, result = namespace.run()
    assert result.run is not None
    assert not is_good
    assert "alice" in result.run.failed
    assert "a restore of this home is not finished" in result.run.failed["alice"]
    assert [each["paths"] for each in namespace.snapshots()] == [["/homes/bob"]]


def test_a_run_ends_while_another_one_is_in_progress(namespace: BackupNamespace) -> None:
    labels = {"app.kubernetes.io/component": "backup-run"}
    spec = {"containers": [{"name": "run", "image": "example.org/hub:1"}]}
    namespace.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a-run", "labels": labels}, "spec": spec})
    with pytest.raises(RunFailed, match="another run is in progress in the pod a-run"):
        namespace.run()
    assert namespace.result().run is None


def test_an_interrupted_run_goes_on_and_deletes_its_pods_first(namespace: BackupNamespace) -> None:
    namespace.create_home("alice")
    namespace.create_home("bob")

    def interrupt(pod: dict[str, Any]) -> None:
        if _claim(pod) == "claim-bob":
            raise_in_run.append(pod)

    raise_in_run: list[dict[str, Any]] = []
    namespace.runner.started = interrupt
    with pytest.raises(Interrupted):
        namespace.run("nightly", stop=lambda: bool(raise_in_run), concurrency=1)
    namespace.runner.started = lambda _pod: None
    before = len(namespace.runner.seen)
    is_good, result = namespace.run("nightly", concurrency=1)
    assert is_good, namespace.log
    assert result.run is not None
    assert (result.run.volumes, result.run.good) == (2, 2)
    assert [_claim(pod) for pod in namespace.runner.seen[before:] if _claim(pod)] == ["claim-bob"]


def test_an_unreachable_store_is_reported_within_minutes(
    namespace: BackupNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    namespace.create_home("alice")
    monkeypatch.setattr(scripts, "OPEN", scripts.OPEN.replace("INT 120", "INT 3"))
    is_good, result = namespace.run(url="s3:http://127.0.0.1:1/backups/x")
    assert not is_good
    assert result.run is not None
    assert result.run.error.startswith("the store does not answer at http://127.0.0.1:1/backups/x")


def test_home_of_a_former_member_is_archived_once_and_kept(namespace: BackupNamespace) -> None:
    for user in ("alice", "bob"):
        namespace.create_home(user)
    namespace.kubectl("annotate", "pvc", "claim-bob", f"{AWAY_SINCE}=2026-01-01T00:00:00+00:00")

    is_good, result = namespace.run("first", archive_days=30)

    assert is_good, namespace.log
    assert result.run is not None
    [archive] = [each for each in namespace.snapshots() if "archived" in each["tags"]]
    assert archive["paths"] == ["/homes/bob"]
    assert (result.run.archived, result.run.not_archived) == ({"claim-bob": archive["id"]}, {})
    annotations = _annotations(namespace, "claim-bob")
    assert annotations[ARCHIVE] == archive["id"]
    assert ARCHIVED_AT in annotations
    assert ARCHIVE not in _annotations(namespace, "claim-alice")
    assert (namespace.runner.claim_folder("claim-bob") / "notes.txt").read_text() == "of bob"

    is_good, result = namespace.run("second", archive_days=30)

    assert is_good, namespace.log
    assert result.run is not None
    assert result.run.archived == {}
    of_bob = [each["tags"][5:] for each in namespace.snapshots() if each["paths"] == ["/homes/bob"]]
    assert sorted(of_bob) == [["archived"], ["since-archive"]]


def _annotations(namespace: BackupNamespace, claim: str) -> dict[str, str]:
    found: dict[str, str] = namespace.api.read("--namespace", namespace.name, "pvc", claim)["metadata"]["annotations"]
    return found


def _claim(pod: dict[str, Any]) -> str | None:
    claims = [
        each["persistentVolumeClaim"]["claimName"] for each in pod["spec"]["volumes"] if "persistentVolumeClaim" in each
    ]
    return claims[0] if claims else None


def _node(pod: dict[str, Any]) -> str:
    affinity = pod["spec"].get("affinity")
    if not affinity:
        return "any"
    [term] = affinity["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    return str(term["matchFields"][0]["values"][0])


def _is_deleted(namespace: BackupNamespace, pod: dict[str, Any]) -> bool:
    found = namespace.kubectl("get", "pod", pod["metadata"]["name"], "--ignore-not-found", "--output", "json")
    return not found or "deletionTimestamp" in json.loads(found)["metadata"]
