"""The local directory recovers from every interruption and reports errors with their cause."""

import json
import re
from pathlib import Path

import ldap3
import pytest
from rich.console import Console

from local import directory as local_directory
from local.directory import Endpoint, contents, instance
from local.directory.client import connection
from local.directory.endpoint import MANAGER
from local.failure import Failure
from local.paths import State
from local.progress import Report
from tests.engine.local.directory.clients import SUCCESS, delete, open_connection, read_entry
from tests.support.directory import ThrowAwayDirectory, throw_away_directory

pytestmark = pytest.mark.engine


def test_stopped_server_is_reported(directory: ThrowAwayDirectory) -> None:
    with directory.stopped():
        assert not local_directory.is_ready(directory.state, endpoint=directory.endpoint)
        with pytest.raises(Failure, match="does not answer") as down:
            local_directory.members(directory.state, "admins", endpoint=directory.endpoint)
        assert str(directory.ldaps_port) in down.value.message
    assert local_directory.is_ready(directory.state, endpoint=directory.endpoint)


def test_changes_survive_a_killed_server(directory: ThrowAwayDirectory, group: str) -> None:
    local_directory.grant(directory.state, "carol", group, endpoint=directory.endpoint)
    directory.kill()
    directory.up()
    assert local_directory.members(directory.state, group, endpoint=directory.endpoint) == ["alice", "carol"]


def test_interrupted_start_is_completed_by_the_next() -> None:
    with throw_away_directory() as mine:
        _delete_some_entries(mine)
        mine.up()
        everyone = ["alice", "bob", "carol", "pangeo-operator"]
        assert local_directory.members(mine.state, "ipausers", endpoint=mine.endpoint) == everyone
        mine.down()
        _delete_the_configuration(mine)
        mine.up()
        assert local_directory.members(mine.state, "admins", endpoint=mine.endpoint) == ["admin"]


def _delete_some_entries(mine: ThrowAwayDirectory) -> None:
    with open_connection(mine, "admin") as admin:
        for entry in ("cn=System: Remove Groups,cn=permissions,cn=pbac", "cn=ipausers,cn=groups,cn=accounts"):
            assert delete(admin, f"{entry},{mine.suffix}") == SUCCESS


def _delete_the_configuration(mine: ThrowAwayDirectory) -> None:
    (mine.state.directory / "config" / "dse.ldif").unlink()


def test_older_directory_is_completed_and_keeps_manual_changes() -> None:
    with throw_away_directory() as mine:
        local_directory.revoke(mine.state, "bob", "ipausers", endpoint=mine.endpoint)
        _as_before_kerberos_names(mine)
        mine.up()

        with open_connection(mine, "pangeo-operator") as operator:
            for user in (*local_directory.DEMO_USERS, "pangeo-operator"):
                assert read_entry(operator, mine.user_dn(user))["krbPrincipalName"] == [f"{user}@{mine.realm}"]
        assert "bob" not in local_directory.members(mine.state, "ipausers", endpoint=mine.endpoint)
        assert contents.complete(mine.state, mine.endpoint) == 0


def _as_before_kerberos_names(mine: ThrowAwayDirectory) -> None:
    with connection(mine.state, mine.endpoint, MANAGER, "manager") as manager:
        for entry in instance.entries(mine.state):
            if "krbPwdPolicy" in entry.as_mapping()["objectClass"]:
                manager.delete(entry.dn)  # type: ignore[no-untyped-call]
                continue
            added = {
                name: [value for value in values if "krb" in value.lower() or name == "krbPrincipalName"]
                for name, values in entry.as_mapping().items()
            }
            changes = {name: [(ldap3.MODIFY_DELETE, values)] for name, values in added.items() if values}
            if changes:
                manager.modify(entry.dn, changes)  # type: ignore[no-untyped-call]
    mine.down()
    schema = mine.state.directory / "config" / "schema" / "98freeipa.ldif"
    blocks = re.split(r"\n(?! )", schema.read_text())
    schema.write_text("\n".join(block for block in blocks if "krb" not in block))


def test_wrong_password_is_reported_at_once(directory: ThrowAwayDirectory) -> None:
    kept = directory.state.credentials.read_text()
    directory.down()
    try:
        changed = json.loads(kept)
        changed["directory"]["manager"] = "not-what-it-was"
        directory.state.credentials.write_text(json.dumps(changed))
        directory.state.credentials.chmod(0o600)
        with pytest.raises(Failure, match="refuses the password"):
            directory.up()
    finally:
        directory.down()
        directory.state.credentials.write_text(kept)
        directory.up()


def test_killed_server_leaves_nothing_beside_a_second_one(directory: ThrowAwayDirectory) -> None:
    with throw_away_directory() as second:
        assert second.password("alice") != directory.password("alice")
        with open_connection(second, "alice"), open_connection(directory, "alice"):
            pass
        second.kill()
        # the server names its semaphore after its configuration folder
        assert not list(Path("/dev/shm").glob("sem.config.*"))
        assert str(second.state.root) not in Path("/proc/self/mounts").read_text()
        assert not list((second.state.directory / "run").iterdir())
        second.up()


def test_second_server_on_a_folder_is_refused(directory: ThrowAwayDirectory) -> None:
    state, endpoint = directory.state, directory.endpoint
    refused = ThrowAwayDirectory(state, endpoint)
    refused._start(state)
    assert refused._server is not None
    assert refused._server.wait(10) == 1
    assert "another directory server already runs" in (state.logs / "directory.log").read_text()
    assert local_directory.is_ready(state, endpoint=endpoint)


def test_unavailable_address_is_reported_with_the_servers_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.directory.service.START_SECONDS", 4.0)
    nowhere = ThrowAwayDirectory(State(tmp_path), Endpoint("192.0.2.77", 13389, 13636, ("localhost",)))
    with pytest.raises(Failure, match=r"192\.0\.2\.77") as failure:
        nowhere.up()
    nowhere.kill()
    assert "Cannot assign requested address" in failure.value.message or "PR_Bind" in failure.value.message


def test_passwords_are_in_no_log_and_no_readable_file(directory: ThrowAwayDirectory) -> None:
    local_directory.up(directory.state, Report(Console(quiet=True)), endpoint=directory.endpoint)
    secrets = json.loads(directory.state.credentials.read_text())["directory"].values()
    assert len(set(secrets)) == len(local_directory.DEMO_USERS) + 3
    for file in directory.state.root.rglob("*"):
        if file.is_file() and file != directory.state.credentials:
            content = file.read_bytes()
            assert not any(secret.encode() in content for secret in secrets), file
    assert directory.state.credentials.stat().st_mode & 0o777 == 0o600
    assert directory.state.directory.stat().st_mode & 0o077 == 0
