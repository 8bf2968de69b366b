"""The local directory behaves like FreeIPA where the hub and the program rely on it."""

from uuid import UUID

import pytest

from local import directory as local_directory
from local.failure import Failure
from tests.engine.local.directory.clients import (
    FREEIPA_GROUP_CLASSES,
    INSUFFICIENT_ACCESS,
    OBJECT_CLASS_VIOLATION,
    SUCCESS,
    add_group,
    add_member,
    delete,
    open_connection,
    read_entry,
)
from tests.support.directory import ThrowAwayDirectory

pytestmark = pytest.mark.engine


def test_anonymous_reads_a_group_without_its_members(directory: ThrowAwayDirectory, group: str) -> None:
    with open_connection(directory) as anonymous:
        entry = read_entry(anonymous, directory.group_dn(group))
        assert set(entry) == {"cn", "description", "objectClass", "ipaUniqueID"}


def test_anonymous_reads_a_user_without_groups_and_password(directory: ThrowAwayDirectory, group: str) -> None:
    with open_connection(directory) as anonymous:
        alice = read_entry(anonymous, directory.user_dn("alice"))
    assert alice["cn"] == ["Alice Ahlberg"]
    assert alice.keys().isdisjoint({"memberOf", "userPassword", "mail"})


@pytest.mark.parametrize("account", ["carol", "reader"])
def test_bound_account_reads_a_groups_members(directory: ThrowAwayDirectory, group: str, account: str) -> None:
    with open_connection(directory, account) as bound:
        assert read_entry(bound, directory.group_dn(group))["member"] == [directory.user_dn("alice")]
        assert directory.group_dn(group) in read_entry(bound, directory.user_dn("alice"))["memberOf"]
        assert "userPassword" not in read_entry(bound, directory.user_dn("alice"))


@pytest.mark.parametrize("account", ["alice", "reader"])
def test_plain_account_cannot_change_groups(directory: ThrowAwayDirectory, group: str, account: str) -> None:
    with open_connection(directory, account) as plain:
        assert add_group(plain, directory.group_dn("of_mine"), []) == INSUFFICIENT_ACCESS
        assert add_member(plain, directory.group_dn(group), directory.user_dn("carol")) == INSUFFICIENT_ACCESS
        assert delete(plain, directory.group_dn(group)) == INSUFFICIENT_ACCESS


def test_delegated_account_manages_groups_except_admins(directory: ThrowAwayDirectory, group: str) -> None:
    with open_connection(directory, "pangeo-operator") as operator:
        assert add_member(operator, directory.group_dn(group), directory.user_dn("bob")) == SUCCESS
        assert add_member(operator, directory.group_dn("admins"), directory.user_dn("bob")) == INSUFFICIENT_ACCESS
        assert delete(operator, directory.group_dn("admins")) == INSUFFICIENT_ACCESS
        assert delete(operator, directory.user_dn("carol")) == INSUFFICIENT_ACCESS


def test_member_of_admins_manages_groups(directory: ThrowAwayDirectory) -> None:
    dn = directory.group_dn("made_by_admin")
    with open_connection(directory, "admin") as admin:
        assert directory.group_dn("admins") in read_entry(admin, directory.user_dn("admin"))["memberOf"]
        assert add_group(admin, dn, []) == SUCCESS
        assert delete(admin, dn) == SUCCESS


def test_ipa_object_requires_its_unique_id(directory: ThrowAwayDirectory) -> None:
    with open_connection(directory, "pangeo-operator") as operator:
        operator.add(directory.group_dn("nameless"), FREEIPA_GROUP_CLASSES, {})  # type: ignore[no-untyped-call]
        assert operator.result["result"] == OBJECT_CLASS_VIOLATION


def test_users_and_groups_have_unique_ids(directory: ThrowAwayDirectory) -> None:
    users = [directory.user_dn(name) for name in (*local_directory.DEMO_USERS, "pangeo-operator")]
    with open_connection(directory, "admin") as admin:
        ids = {UUID(read_entry(admin, dn)["ipaUniqueID"][0]) for dn in (*users, directory.group_dn("admins"))}
    assert len(ids) == len(users) + 1


def test_membership_includes_nested_groups(directory: ThrowAwayDirectory, group: str) -> None:
    outer = directory.group_dn("outer")
    with open_connection(directory, "pangeo-operator") as operator:
        assert add_group(operator, outer, [directory.group_dn(group)]) == SUCCESS
        assert outer in read_entry(operator, directory.user_dn("alice"))["memberOf"]
        assert delete(operator, outer) == SUCCESS
        assert outer not in read_entry(operator, directory.user_dn("alice"))["memberOf"]


def test_deleted_user_is_removed_from_groups(directory: ThrowAwayDirectory, group: str) -> None:
    guest = directory.user_dn("guest")
    with open_connection(directory, "admin") as admin:
        admin.add(guest, ["top", "person", "inetUser"], {"cn": "Guest", "sn": "Guest"})  # type: ignore[no-untyped-call]
        assert admin.result["result"] == SUCCESS
        assert add_member(admin, directory.group_dn(group), guest) == SUCCESS
        assert guest in read_entry(admin, directory.group_dn(group))["member"]
        assert delete(admin, guest) == SUCCESS
        assert read_entry(admin, directory.group_dn(group))["member"] == [directory.user_dn("alice")]


def test_administrator_is_no_inet_org_person(directory: ThrowAwayDirectory) -> None:
    with open_connection(directory) as anonymous:
        classes = {
            user: {name.lower() for name in read_entry(anonymous, directory.user_dn(user))["objectClass"]}
            for user in ("admin", "alice")
        }
    assert {"posixaccount", "inetuser"} <= classes["admin"] & classes["alice"]
    assert "inetorgperson" in classes["alice"] - classes["admin"]


def test_second_grant_and_revoke_change_nothing(directory: ThrowAwayDirectory, group: str) -> None:
    state, endpoint = directory.state, directory.endpoint
    assert local_directory.grant(state, "bob", group, endpoint=endpoint)
    assert not local_directory.grant(state, "bob", group, endpoint=endpoint)
    assert local_directory.members(state, group, endpoint=endpoint) == ["alice", "bob"]
    assert local_directory.revoke(state, "bob", group, endpoint=endpoint)
    assert not local_directory.revoke(state, "bob", group, endpoint=endpoint)
    assert local_directory.members(state, group, endpoint=endpoint) == ["alice"]


def test_grant_to_unknown_names_lists_existing_ones(directory: ThrowAwayDirectory, group: str) -> None:
    with pytest.raises(Failure, match="'alcie' is not a user") as user:
        local_directory.grant(directory.state, "alcie", group, endpoint=directory.endpoint)
    assert {"admin", "alice", "bob", "carol"} <= listed_names(user.value.fix)
    with pytest.raises(Failure, match="'k2' is not a group") as missing:
        local_directory.grant(directory.state, "alice", "k2", endpoint=directory.endpoint)
    assert {"admins", "ipausers", group} <= listed_names(missing.value.fix)


def listed_names(fix: str) -> set[str]:
    return set(fix.partition(": ")[2].split(", "))


def test_only_bound_accounts_read_kerberos_names(directory: ThrowAwayDirectory) -> None:
    with open_connection(directory) as anonymous, open_connection(directory, "reader") as bound:
        assert "krbPrincipalName" not in read_entry(anonymous, directory.user_dn("alice"))
        assert read_entry(bound, directory.user_dn("alice"))["krbPrincipalName"] == [f"alice@{directory.realm}"]
