"""The local directory shows and changes entries as FreeIPA does, where the hub and the program rely on it."""

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
    connected,
    delete,
    seen,
)
from tests.support.directory import ThrowAwayDirectory

pytestmark = pytest.mark.engine


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
    assert {"admin", "alice", "bob", "carol"} <= named(user.value.fix)
    with pytest.raises(Failure, match="'k2' is not a group") as missing:
        local_directory.grant(directory.state, "alice", "k2", endpoint=directory.endpoint)
    assert {"admins", "ipausers", group} <= named(missing.value.fix)


def named(fix: str) -> set[str]:
    return set(fix.partition(": ")[2].split(", "))


def test_anonymous_sees_no_kerberos_name_and_whoever_is_logged_in_does(directory: ThrowAwayDirectory) -> None:
    with connected(directory) as anonymous, connected(directory, "reader") as bound:
        assert "krbPrincipalName" not in seen(anonymous, directory.user_dn("alice"))
        assert seen(bound, directory.user_dn("alice"))["krbPrincipalName"] == [f"alice@{directory.realm}"]
