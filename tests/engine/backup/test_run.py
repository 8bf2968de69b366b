"""A run of the backup with the real API server, restic and S3 store."""

from tests.engine.backup.backup_namespace import USER_ID, BackupNamespace


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
    done = (result.test_restore, result.check, result.retention)
    assert [each and (each.is_good, each.message) for each in done] == [(True, "")] * 3
