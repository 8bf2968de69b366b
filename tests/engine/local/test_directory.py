"""The local directory behaves as FreeIPA's where the hub and the program rely on it. Against a real, private server."""

import json
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import ldap3
import pytest
from ldap3.core.exceptions import LDAPSocketOpenError
from rich.console import Console

from local import directory as local_directory
from local import pki
from local.directory import Endpoint, contents, instance
from local.directory.client import connection
from local.directory.endpoint import MANAGER
from local.failure import Failure
from local.paths import State
from local.progress import Report
from tests.engine.directory import ThrowAwayDirectory, throw_away_directory

pytestmark = pytest.mark.engine

FREEIPA_GROUP_CLASSES = ["top", "groupOfNames", "nestedGroup", "ipaUserGroup", "ipaObject"]
SUCCESS, INVALID_CREDENTIALS, INSUFFICIENT_ACCESS, OBJECT_CLASS_VIOLATION = 0, 49, 50, 65


@contextmanager
def connected(
    directory: ThrowAwayDirectory,
    account: str | None = None,
    *,
    tls: str = "ldaps",
    host: str = "localhost",
    ca_file: Path | None = None,
) -> Iterator[ldap3.Connection]:
    """A connection as a careful client makes it; anonymous without ``account``."""
    verified = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=str(ca_file or directory.ca_file))
    ldaps = tls == "ldaps"
    port = directory.ldaps_port if ldaps else directory.ldap_port
    server = ldap3.Server(host, port=port, use_ssl=ldaps, tls=verified, connect_timeout=5, get_info=ldap3.NONE)
    dn = directory.reader_dn if account == "reader" else account and directory.user_dn(account)
    connection = ldap3.Connection(server, user=dn, password=account and directory.password(account), receive_timeout=10)
    connection.open()
    if tls == "starttls":
        assert connection.start_tls()
    assert connection.bind(), connection.result
    try:
        yield connection
    finally:
        connection.unbind()


def seen(connection: ldap3.Connection, dn: str) -> dict[str, list[str]]:
    """What the connection may read of an entry, empty attributes left out."""
    connection.search(dn, "(objectClass=*)", ldap3.BASE, attributes=["*", "memberOf"])
    if not connection.entries:
        return {}
    return {name: values for name, values in connection.entries[0].entry_attributes_as_dict.items() if values}


def add_group(connection: ldap3.Connection, dn: str, members: list[str]) -> int:
    attributes: dict[str, str | list[str]] = {"description": "of a test", "ipaUniqueID": "autogenerate"}
    if members:
        attributes["member"] = members
    connection.add(dn, FREEIPA_GROUP_CLASSES, attributes)  # type: ignore[no-untyped-call]
    return int(connection.result["result"])


def add_member(connection: ldap3.Connection, group_dn: str, member_dn: str) -> int:
    connection.modify(group_dn, {"member": [(ldap3.MODIFY_ADD, [member_dn])]})  # type: ignore[no-untyped-call]
    return int(connection.result["result"])


def delete(connection: ldap3.Connection, dn: str) -> int:
    connection.delete(dn)  # type: ignore[no-untyped-call]
    return int(connection.result["result"])


@pytest.fixture
def group(directory: ThrowAwayDirectory) -> Iterator[str]:
    """A group with alice in it, made by the delegated account, removed by it afterwards."""
    dn = directory.group_dn("k1_notebook_users")
    with connected(directory, "pangeo-operator") as operator:
        assert add_group(operator, dn, [directory.user_dn("alice")]) == SUCCESS
    yield "k1_notebook_users"
    with connected(directory, "pangeo-operator") as operator:
        assert delete(operator, dn) == SUCCESS


def test_anonymous_sees_that_a_group_exists_but_not_who_is_in_it(directory: ThrowAwayDirectory, group: str) -> None:
    with connected(directory) as anonymous:
        assert set(seen(anonymous, directory.group_dn(group))) == {"cn", "description", "objectClass", "ipaUniqueID"}


def test_anonymous_sees_who_a_user_is_but_neither_groups_nor_password(
    directory: ThrowAwayDirectory, group: str
) -> None:
    with connected(directory) as anonymous:
        alice = seen(anonymous, directory.user_dn("alice"))
    assert alice["cn"] == ["Alice Ahlberg"]
    assert alice.keys().isdisjoint({"memberOf", "userPassword", "mail"})


@pytest.mark.parametrize("account", ["carol", "reader"])
def test_any_bound_account_sees_who_is_in_a_group(directory: ThrowAwayDirectory, group: str, account: str) -> None:
    with connected(directory, account) as bound:
        assert seen(bound, directory.group_dn(group))["member"] == [directory.user_dn("alice")]
        assert directory.group_dn(group) in seen(bound, directory.user_dn("alice"))["memberOf"]
        assert "userPassword" not in seen(bound, directory.user_dn("alice"))


@pytest.mark.parametrize("account", ["alice", "reader"])
def test_a_plain_account_cannot_touch_groups(directory: ThrowAwayDirectory, group: str, account: str) -> None:
    with connected(directory, account) as plain:
        assert add_group(plain, directory.group_dn("of_mine"), []) == INSUFFICIENT_ACCESS
        assert add_member(plain, directory.group_dn(group), directory.user_dn("carol")) == INSUFFICIENT_ACCESS
        assert delete(plain, directory.group_dn(group)) == INSUFFICIENT_ACCESS


def test_the_delegated_account_manages_groups_but_not_the_administrators(
    directory: ThrowAwayDirectory, group: str
) -> None:
    with connected(directory, "pangeo-operator") as operator:
        assert add_member(operator, directory.group_dn(group), directory.user_dn("bob")) == SUCCESS
        assert add_member(operator, directory.group_dn("admins"), directory.user_dn("bob")) == INSUFFICIENT_ACCESS
        assert delete(operator, directory.group_dn("admins")) == INSUFFICIENT_ACCESS
        assert delete(operator, directory.user_dn("carol")) == INSUFFICIENT_ACCESS


def test_an_administrator_manages_groups_because_of_cn_admins(directory: ThrowAwayDirectory) -> None:
    dn = directory.group_dn("made_by_admin")
    with connected(directory, "admin") as admin:
        assert directory.group_dn("admins") in seen(admin, directory.user_dn("admin"))["memberOf"]
        assert add_group(admin, dn, []) == SUCCESS
        assert delete(admin, dn) == SUCCESS


def test_an_ipa_object_needs_its_unique_id(directory: ThrowAwayDirectory) -> None:
    with connected(directory, "pangeo-operator") as operator:
        operator.add(directory.group_dn("nameless"), FREEIPA_GROUP_CLASSES, {})  # type: ignore[no-untyped-call]
        assert operator.result["result"] == OBJECT_CLASS_VIOLATION


def test_every_user_and_group_of_the_layout_has_a_unique_id_of_its_own(directory: ThrowAwayDirectory) -> None:
    users = [directory.user_dn(name) for name in (*local_directory.DEMO_USERS, "pangeo-operator")]
    with connected(directory, "admin") as admin:
        ids = {UUID(seen(admin, dn)["ipaUniqueID"][0]) for dn in (*users, directory.group_dn("admins"))}
    assert len(ids) == len(users) + 1


def test_membership_is_filled_in_through_nested_groups(directory: ThrowAwayDirectory, group: str) -> None:
    outer = directory.group_dn("outer")
    with connected(directory, "pangeo-operator") as operator:
        assert add_group(operator, outer, [directory.group_dn(group)]) == SUCCESS
        assert outer in seen(operator, directory.user_dn("alice"))["memberOf"]
        assert delete(operator, outer) == SUCCESS
        assert outer not in seen(operator, directory.user_dn("alice"))["memberOf"]


def test_a_deleted_user_leaves_its_groups(directory: ThrowAwayDirectory, group: str) -> None:
    guest = directory.user_dn("guest")
    with connected(directory, "admin") as admin:
        admin.add(guest, ["top", "person", "inetUser"], {"cn": "Guest", "sn": "Guest"})  # type: ignore[no-untyped-call]
        assert admin.result["result"] == SUCCESS
        assert add_member(admin, directory.group_dn(group), guest) == SUCCESS
        assert guest in seen(admin, directory.group_dn(group))["member"]
        assert delete(admin, guest) == SUCCESS
        assert seen(admin, directory.group_dn(group))["member"] == [directory.user_dn("alice")]


def test_the_administrator_is_no_inet_org_person_as_in_freeipa(directory: ThrowAwayDirectory) -> None:
    with connected(directory) as anonymous:
        classes = {
            user: {name.lower() for name in seen(anonymous, directory.user_dn(user))["objectClass"]}
            for user in ("admin", "alice")
        }
    assert {"posixaccount", "inetuser"} <= classes["admin"] & classes["alice"]
    assert "inetorgperson" in classes["alice"] - classes["admin"]


@pytest.mark.parametrize("tls", ["ldaps", "starttls"])
def test_both_kinds_of_tls_verify_against_the_tenancys_authority(directory: ThrowAwayDirectory, tls: str) -> None:
    with connected(directory, "bob", tls=tls) as bound:
        assert bound.server.ssl or bound.tls_started
        assert seen(bound, directory.user_dn("bob"))["uid"] == ["bob"]


def test_another_authority_is_refused(directory: ThrowAwayDirectory, tmp_path: Path) -> None:
    stranger = pki.authority(State(tmp_path), "tenancy")
    with (
        pytest.raises(LDAPSocketOpenError, match="CERTIFICATE_VERIFY_FAILED"),
        connected(directory, "bob", ca_file=stranger.crt),
    ):
        pass


def test_the_certificate_names_the_host_and_not_its_address(directory: ThrowAwayDirectory) -> None:
    with pytest.raises(LDAPSocketOpenError, match="doesn't match"), connected(directory, host=directory.address):
        pass


@pytest.mark.parametrize(("version", "accepted"), [(ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True)])
def test_tls_older_than_1_2_is_refused(directory: ThrowAwayDirectory, version: ssl.TLSVersion, accepted: bool) -> None:
    context = ssl.create_default_context(cafile=str(directory.ca_file))
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = version
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with socket.create_connection((directory.address, directory.ldaps_port), timeout=5) as plain:
        if accepted:
            with context.wrap_socket(plain, server_hostname="localhost") as secure:
                assert secure.version() == "TLSv1.2"
        else:
            with pytest.raises(ssl.SSLError, match="alert protocol version"):
                context.wrap_socket(plain, server_hostname="localhost")


def test_it_listens_on_its_own_address_only(directory: ThrowAwayDirectory) -> None:
    for port in (directory.ldap_port, directory.ldaps_port):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port), timeout=5)


def test_granting_twice_and_revoking_twice_changes_once(directory: ThrowAwayDirectory, group: str) -> None:
    state, endpoint = directory.state, directory.endpoint
    assert local_directory.grant(state, "bob", group, endpoint=endpoint)
    assert not local_directory.grant(state, "bob", group, endpoint=endpoint)
    assert local_directory.members(state, group, endpoint=endpoint) == ["alice", "bob"]
    assert local_directory.revoke(state, "bob", group, endpoint=endpoint)
    assert not local_directory.revoke(state, "bob", group, endpoint=endpoint)
    assert local_directory.members(state, group, endpoint=endpoint) == ["alice"]


def test_granting_to_an_unknown_user_or_group_says_what_exists(directory: ThrowAwayDirectory, group: str) -> None:
    with pytest.raises(Failure, match="'alcie' is not a user") as user:
        local_directory.grant(directory.state, "alcie", group, endpoint=directory.endpoint)
    assert {"admin", "alice", "bob", "carol"} <= named(user.value.way_on)
    with pytest.raises(Failure, match="'k2' is not a group") as missing:
        local_directory.grant(directory.state, "alice", "k2", endpoint=directory.endpoint)
    assert {"admins", "ipausers", group} <= named(missing.value.way_on)


def named(way_on: str) -> set[str]:
    return set(way_on.partition(": ")[2].split(", "))


def test_a_server_that_is_down_is_said_to_be_down(directory: ThrowAwayDirectory) -> None:
    with directory.stopped():
        assert not local_directory.is_ready(directory.state, endpoint=directory.endpoint)
        with pytest.raises(Failure, match="does not answer") as down:
            local_directory.members(directory.state, "admins", endpoint=directory.endpoint)
        assert str(directory.ldaps_port) in down.value.what
    assert local_directory.is_ready(directory.state, endpoint=directory.endpoint)


def test_what_was_written_survives_a_killed_server(directory: ThrowAwayDirectory, group: str) -> None:
    local_directory.grant(directory.state, "carol", group, endpoint=directory.endpoint)
    directory.kill()
    directory.up()
    assert local_directory.members(directory.state, group, endpoint=directory.endpoint) == ["alice", "carol"]


def test_a_start_interrupted_at_any_point_is_completed_by_the_next() -> None:
    with throw_away_directory() as mine:
        _interrupted_while_entries_went_in(mine)
        mine.up()
        everyone = ["alice", "bob", "carol", "pangeo-operator"]
        assert local_directory.members(mine.state, "ipausers", endpoint=mine.endpoint) == everyone
        mine.down()
        _interrupted_while_the_folder_was_made(mine)
        mine.up()
        assert local_directory.members(mine.state, "admins", endpoint=mine.endpoint) == ["admin"]


def _interrupted_while_entries_went_in(mine: ThrowAwayDirectory) -> None:
    with connected(mine, "admin") as admin:
        for entry in ("cn=System: Remove Groups,cn=permissions,cn=pbac", "cn=ipausers,cn=groups,cn=accounts"):
            assert delete(admin, f"{entry},{mine.suffix}") == SUCCESS


def _interrupted_while_the_folder_was_made(mine: ThrowAwayDirectory) -> None:
    (mine.state.directory / "config" / "dse.ldif").unlink()


def test_what_an_earlier_version_set_up_is_completed_and_what_was_done_by_hand_stays() -> None:
    with throw_away_directory() as mine:
        local_directory.revoke(mine.state, "bob", "ipausers", endpoint=mine.endpoint)
        _as_before_kerberos_names(mine)
        mine.up()

        with connected(mine, "pangeo-operator") as operator:
            for user in (*local_directory.DEMO_USERS, "pangeo-operator"):
                assert seen(operator, mine.user_dn(user))["krbPrincipalName"] == [f"{user}@{mine.realm}"]
        assert "bob" not in local_directory.members(mine.state, "ipausers", endpoint=mine.endpoint)
        assert contents.complete(mine.state, mine.endpoint) == 0


def _as_before_kerberos_names(mine: ThrowAwayDirectory) -> None:
    with connection(mine.state, mine.endpoint, MANAGER, "manager") as manager:
        for entry in instance.entries(mine.state):
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


def test_anonymous_sees_no_kerberos_name_and_whoever_is_logged_in_does(directory: ThrowAwayDirectory) -> None:
    with connected(directory) as anonymous, connected(directory, "reader") as bound:
        assert "krbPrincipalName" not in seen(anonymous, directory.user_dn("alice"))
        assert seen(bound, directory.user_dn("alice"))["krbPrincipalName"] == [f"alice@{directory.realm}"]


def test_a_renewed_certificate_is_served_after_the_next_start(directory: ThrowAwayDirectory) -> None:
    before = ssl.get_server_certificate((directory.address, directory.ldaps_port))
    with directory.stopped():
        (directory.state.pki / "directory.crt").unlink()
    assert ssl.get_server_certificate((directory.address, directory.ldaps_port)) != before
    with connected(directory, "alice"):
        pass


def test_a_lost_password_is_said_at_once(directory: ThrowAwayDirectory) -> None:
    kept = directory.state.credentials.read_text()
    directory.down()
    try:
        changed = json.loads(kept)
        changed["directory"]["manager"] = "not-what-it-was"
        directory.state.credentials.write_text(json.dumps(changed))
        directory.state.credentials.chmod(0o600)
        with pytest.raises(Failure, match="does not take the password"):
            directory.up()
    finally:
        directory.down()
        directory.state.credentials.write_text(kept)
        directory.up()


def test_two_servers_run_at_once_and_a_killed_one_leaves_nothing(directory: ThrowAwayDirectory) -> None:
    with throw_away_directory() as second:
        assert second.password("alice") != directory.password("alice")
        with connected(second, "alice"), connected(directory, "alice"):
            pass
        second.kill()
        # the server names its semaphore after its configuration folder
        assert not list(Path("/dev/shm").glob("sem.config.*"))
        assert str(second.state.root) not in Path("/proc/self/mounts").read_text()
        assert not list((second.state.directory / "run").iterdir())
        second.up()


def test_a_second_server_on_the_same_folder_is_refused(directory: ThrowAwayDirectory) -> None:
    state, endpoint = directory.state, directory.endpoint
    refused = ThrowAwayDirectory(state, endpoint)
    refused._start(state)
    assert refused._server is not None
    assert refused._server.wait(10) == 1
    assert "another directory server already runs" in (state.logs / "directory.log").read_text()
    assert local_directory.is_ready(state, endpoint=endpoint)


def test_an_address_that_is_not_there_is_named_with_the_servers_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.directory.service.START_SECONDS", 4.0)
    nowhere = ThrowAwayDirectory(State(tmp_path), Endpoint("192.0.2.77", 13389, 13636, ("localhost",)))
    with pytest.raises(Failure, match=r"192\.0\.2\.77") as failure:
        nowhere.up()
    nowhere.kill()
    assert "Cannot assign requested address" in failure.value.what or "PR_Bind" in failure.value.what


def test_passwords_are_in_no_log_and_in_no_readable_file(directory: ThrowAwayDirectory) -> None:
    local_directory.up(directory.state, Report(Console(quiet=True)), endpoint=directory.endpoint)
    secrets = json.loads(directory.state.credentials.read_text())["directory"].values()
    assert len(set(secrets)) == len(local_directory.DEMO_USERS) + 3
    for file in directory.state.root.rglob("*"):
        if file.is_file() and file != directory.state.credentials:
            content = file.read_bytes()
            assert not any(secret.encode() in content for secret in secrets), file
    assert directory.state.credentials.stat().st_mode & 0o777 == 0o600
    assert directory.state.directory.stat().st_mode & 0o077 == 0
