"""Users that are not admitted any more, found in a real directory with the account that may only read."""

from collections.abc import Collection, Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import ldap3
import pytest

from components.freeipa.connection import Entry
from components.freeipa.session import Session
from components.freeipa.settings import Directory
from components.freeipa.settings import directory as make_settings
from components.in_hub.accounts import CREATED_AGAIN, DISABLED, EXPIRED, NO_ACCOUNT, USERS_PER_SEARCH
from components.in_hub.admission_settings import AUTHENTICATOR
from components.in_hub.removed_users import CannotCompare, find_refused
from components.in_hub.statement import Statement
from local import directory as local_directory
from local.directory.client import connection
from tests.support.administrator import Administrator, hidden_from_accounts
from tests.support.directory import ThrowAwayDirectory
from tests.support.hub_users import ADMINS, INNER, MEMBERS, People

pytestmark = pytest.mark.engine


def compare(
    server: ThrowAwayDirectory,
    users: Collection[str],
    *,
    ids: Mapping[str, str] = MappingProxyType({}),
    groups: Collection[str] = (MEMBERS,),
    admin_group: str = "",
    nested: bool = False,
    problems: list[str] | None = None,
) -> dict[str, str]:
    """Compare users, of which the hub knows the ``ids``; append reported problems."""
    settings: Directory = make_settings(
        [f"{server.host}:{server.ldaps_port}"], "ldaps", server.ca_pem, server.reader_dn
    )
    statement = Statement(
        server.suffix,
        tuple(map(server.group_dn, [*groups, *filter(None, [admin_group])])),
        admin_group=server.group_dn(admin_group) if admin_group else "",
        admin_users=("admin",),
        settings={AUTHENTICATOR: {"nested_groups": nested}},
    )
    report = ([] if problems is None else problems).append
    known = {user: ids.get(user) for user in users}
    return find_refused(settings, server.password("reader"), statement, known, datetime.now(UTC), report)


NOT_A_MEMBER = f"no member of {MEMBERS} any more"


def test_direct_members_and_named_admins_are_admitted(directory: ThrowAwayDirectory, people: People) -> None:
    refused = compare(directory, ["anna", "carl", "nested", "admin", "nobody-at-all"])

    assert refused == {"carl": NOT_A_MEMBER, "nested": NOT_A_MEMBER, "nobody-at-all": NO_ACCOUNT}


def test_nested_members_are_admitted_if_configured(directory: ThrowAwayDirectory, people: People) -> None:
    assert compare(directory, ["anna", "carl", "nested"], nested=True) == {"carl": NOT_A_MEMBER}


def test_member_of_one_of_several_groups_is_admitted(directory: ThrowAwayDirectory, people: People) -> None:
    assert compare(directory, ["anna", "nested"], groups=(MEMBERS, INNER)) == {}


@pytest.mark.parametrize("end", ["20200101000000Z", "20200101000000.5Z"])
def test_disabled_and_expired_accounts_are_refused(directory: ThrowAwayDirectory, people: People, end: str) -> None:
    people.add("mortal")
    people.join(MEMBERS, "mortal")
    with connection(directory.state, directory.endpoint, local_directory.ADMIN, "admin") as admin:
        changes = {
            "objectClass": [(ldap3.MODIFY_ADD, ["krbPrincipalAux"])],
            "krbPrincipalExpiration": [(ldap3.MODIFY_ADD, [end])],
        }
        admin.modify(directory.user_dn("mortal"), changes)  # type: ignore[no-untyped-call]

    with people.locked("anna"):
        assert compare(directory, ["anna", "mortal", "mona"]) == {"anna": DISABLED, "mortal": EXPIRED}
    people.remove("mortal")


def test_hidden_state_of_accounts_is_reported_and_refuses_nobody(directory: ThrowAwayDirectory, people: People) -> None:
    problems: list[str] = []
    container = f"cn=users,cn=accounts,{directory.suffix}"
    with people.locked("anna"), hidden_from_accounts(directory, container, "Read User Kerberos Attributes"):
        refused = compare(directory, ["anna", "carl"], problems=problems)

    assert refused == {"carl": NOT_A_MEMBER}, "the rest is compared all the same"
    assert len(problems) == 1
    assert f"{directory.reader_dn} does not see whether accounts are disabled or expired" in problems[0]


@pytest.mark.parametrize("user", ["carol", "admin"])
def test_account_created_again_is_refused(directory: ThrowAwayDirectory, people: People, user: str) -> None:
    former, now = str(uuid4()), people.unique_id(user)

    with people.joined(MEMBERS, user):
        assert compare(directory, [user], ids={user: former}) == {user: CREATED_AGAIN}
        assert compare(directory, [user], ids={user: now}) == {}
        assert compare(directory, [user]) == {}, "the hub knows no id of a user of an earlier version"


def test_hidden_unique_ids_are_reported_and_refuse_nobody(directory: ThrowAwayDirectory, people: People) -> None:
    problems: list[str] = []
    container = f"cn=users,cn=accounts,{directory.suffix}"
    with hidden_from_accounts(directory, container, "Read User Addressbook and IPA Attributes"):
        refused = compare(
            directory, ["anna", "carl", "mona"], ids={"anna": str(uuid4()), "carl": str(uuid4())}, problems=problems
        )

    assert refused == {"carl": NOT_A_MEMBER}, "the rest is compared all the same"
    assert len(problems) == 1
    assert f"{directory.reader_dn} does not see the ipaUniqueID of 2 of 3 users" in problems[0]


def test_group_of_admins_with_ordinary_users_admits_nobody(directory: ThrowAwayDirectory, people: People) -> None:
    problems: list[str] = []
    users = ["anna", "boss", "bob"]
    with people.joined(ADMINS, "boss"):
        with people.nested("ipausers", ADMINS):
            refused = compare(directory, users, admin_group=ADMINS, nested=True, problems=problems)
        assert compare(directory, users, admin_group=ADMINS, nested=True).keys() == {"bob"}

    assert refused == {"boss": NOT_A_MEMBER, "bob": NOT_A_MEMBER}
    assert f"ipausers is a member of the group of admins {ADMINS}" in problems[0]


def test_more_users_than_one_search_holds_are_compared(directory: ThrowAwayDirectory, people: People) -> None:
    strangers = [f"stranger-{number}" for number in range(2 * USERS_PER_SEARCH)]

    assert compare(directory, [*strangers, "anna"]) == dict.fromkeys(strangers, NO_ACCOUNT)


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize(
    ("container", "permission"),
    [("users", "Read User Membership"), ("groups", "Read Group Membership"), ("groups", "Read Groups")],
)
def test_hidden_entries_are_no_removal(
    directory: ThrowAwayDirectory, people: People, container: str, permission: str, nested: bool
) -> None:
    dn = f"cn={container},cn=accounts,{directory.suffix}"
    with hidden_from_accounts(directory, dn, permission), pytest.raises(CannotCompare):
        compare(directory, ["anna", "carl"], nested=nested)


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize(
    ("container", "permission"),
    [("users", "Read User Membership"), ("groups", "Read Group Membership"), ("groups", "Read Groups")],
)
def test_entries_hidden_meanwhile_are_no_removal(
    directory: ThrowAwayDirectory,
    people: People,
    monkeypatch: pytest.MonkeyPatch,
    container: str,
    permission: str,
    nested: bool,
) -> None:
    dn = f"cn={container},cn=accounts,{directory.suffix}"
    search = Session.children

    def compare_and_hide_before(number: int) -> int:
        """Compare, hide the entries before the search with this number, and return the number of searches."""
        searches = 0
        with ExitStack() as hidden:

            def children(self: Session, *args: Any) -> list[Entry]:
                nonlocal searches
                if searches == number:
                    hidden.enter_context(hidden_from_accounts(directory, dn, permission))
                searches += 1
                return search(self, *args)

            monkeypatch.setattr(Session, "children", children)
            with suppress(CannotCompare):
                assert "anna" not in compare(directory, ["anna", "carl"], nested=nested)
        return searches

    number = 1
    while compare_and_hide_before(number) > number:
        number += 1
    assert number > 4


def test_missing_group_is_no_removal(directory: ThrowAwayDirectory, people: People) -> None:
    with pytest.raises(CannotCompare, match="the group hub_tests_missing does not exist or is not visible"):
        compare(directory, ["anna"], groups=(MEMBERS, "hub_tests_missing"))


def test_group_without_any_member_refuses_its_former_members(directory: ThrowAwayDirectory, people: People) -> None:
    with Administrator.at(directory) as administrator:
        administrator.make("hub_tests_empty", "for a test")
        assert compare(directory, ["anna"], groups=("hub_tests_empty",)) == {
            "anna": "no member of hub_tests_empty any more"
        }
