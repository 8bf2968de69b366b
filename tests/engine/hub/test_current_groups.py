"""Present groups of users, read in a real directory with the account that may only read."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from uuid import uuid4

import ldap3
import pytest

from components.freeipa.session import open_session
from components.freeipa.settings import directory as make_settings
from components.in_hub.current_groups import MembershipsHidden, read_groups
from local.directory.client import connection
from local.directory.endpoint import MANAGER
from tests.support.administrator import Administrator, hidden_from_accounts
from tests.support.directory import ThrowAwayDirectory
from tests.support.hub_users import INNER, MEMBERS, MODELLERS, People

pytestmark = pytest.mark.engine

MANY = [f"hub_tests_many_{number}" for number in range(300)]


def read(
    server: ThrowAwayDirectory,
    users: Mapping[str, str | None],
    *,
    nested: bool = False,
    named: tuple[str, ...] = (),
    problems: list[str] | None = None,
) -> dict[str, frozenset[str]]:
    """Read the groups of users, each with the id that the hub knows."""
    settings = make_settings([f"{server.host}:{server.ldaps_port}"], "ldaps", server.ca_pem, server.reader_dn)
    report = ([] if problems is None else problems).append
    with open_session(settings, server.password("reader")) as session:
        return read_groups(session, server.suffix, users, datetime.now(UTC), nested=nested, named=named, report=report)


@pytest.fixture
def administrator(directory: ThrowAwayDirectory) -> Iterator[Administrator]:
    with Administrator.at(directory) as found:
        yield found
        found.delete_groups()


def test_direct_memberships_count_and_others_if_configured(directory: ThrowAwayDirectory, people: People) -> None:
    users = {"mona": None, "nested": None}

    assert read(directory, users) == {"mona": {MEMBERS, MODELLERS}, "nested": {INNER}}
    assert read(directory, users, nested=True)["nested"] == {INNER, MEMBERS}


@pytest.mark.parametrize("nested", [False, True])
def test_freeipas_own_group_counts_only_if_named(directory: ThrowAwayDirectory, people: People, nested: bool) -> None:
    users = {"admin": None, "anna": None}

    assert read(directory, users, nested=nested) == {"admin": set(), "anna": {MEMBERS}}
    assert read(directory, users, nested=nested, named=("admins",)) == {"admin": {"admins"}, "anna": {MEMBERS}}


def test_hundreds_of_groups_need_no_further_request(
    directory: ThrowAwayDirectory, people: People, administrator: Administrator
) -> None:
    people.add("joiner")
    for group in (*MANY, "Hub_Tests_Capitals"):
        administrator.make(group, "for the tests of groups")
        administrator.add_members(group, [directory.user_dn("joiner")])
    administrator.forget_log()

    assert read(directory, {"joiner": None}) == {"joiner": {*MANY, "hub_tests_capitals"}}

    searches = [operation for operation, _ in administrator.served() if operation == "SRCH"]
    assert len(searches) == 2
    people.remove("joiner")


def test_account_that_ended_or_was_created_again_has_no_groups(directory: ThrowAwayDirectory, people: People) -> None:
    users = {"mona": str(uuid4()), "anna": None, "nobody-at-all": None}
    with people.locked("anna"):
        assert read(directory, users) == {"mona": set(), "anna": set(), "nobody-at-all": set()}

    assert read(directory, {"mona": people.unique_id("mona")}) == {"mona": {MEMBERS, MODELLERS}}


@pytest.mark.parametrize(
    ("container", "permission", "nested"),
    [
        ("groups", "Read Group Membership", False),
        ("users", "Read User Membership", False),
        ("users", "Read User Membership", True),
        ("users", "Read User Standard Attributes", True),
    ],
)
def test_hidden_memberships_are_no_groups_lost(
    directory: ThrowAwayDirectory, people: People, container: str, permission: str, nested: bool
) -> None:
    there = f"cn={container},cn=accounts,{directory.suffix}"
    with hidden_from_accounts(directory, there, permission), pytest.raises(MembershipsHidden):
        read(directory, {"mona": None}, nested=nested)


def test_group_that_hides_its_members_leaves_users_as_they_are(directory: ThrowAwayDirectory, people: People) -> None:
    rule = f'(targetattr = "member")(version 3.0; acl "hide"; deny (read,search) userdn = "ldap:///{directory.reader_dn}";)'
    problems: list[str] = []
    with connection(directory.state, directory.endpoint, MANAGER, "manager") as manager:
        dn = directory.group_dn(MODELLERS)
        manager.modify(dn, {"aci": [(ldap3.MODIFY_ADD, [rule])]})  # type: ignore[no-untyped-call]
        try:
            found = read(directory, {"anna": None, "mona": None}, problems=problems)
        finally:
            manager.modify(dn, {"aci": [(ldap3.MODIFY_DELETE, [rule])]})  # type: ignore[no-untyped-call]

    assert found == {"anna": {MEMBERS}}
    assert problems == [f"mona keeps the known groups: {MODELLERS} shows no member"]
