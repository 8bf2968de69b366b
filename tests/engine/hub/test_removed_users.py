"""Users that are not admitted any more, found in a real directory with the account that may only read."""

from collections.abc import Collection
from datetime import UTC, datetime

import ldap3
import pytest

from components.freeipa.settings import Directory
from components.freeipa.settings import directory as make_settings
from components.in_hub.admission_settings import AUTHENTICATOR
from components.in_hub.removed_users import (
    DISABLED,
    EXPIRED,
    NO_ACCOUNT,
    USERS_PER_SEARCH,
    CannotCompare,
    find_refused,
)
from components.in_hub.statement import Statement
from local import directory as local_directory
from local.directory.client import connection
from tests.support.administrator import Administrator, hidden_from_accounts
from tests.support.directory import ThrowAwayDirectory
from tests.support.hub_users import INNER, MEMBERS, People

pytestmark = pytest.mark.engine


def compare(
    server: ThrowAwayDirectory, users: Collection[str], *, groups: Collection[str] = (MEMBERS,), nested: bool = False
) -> dict[str, str]:
    settings: Directory = make_settings(
        [f"{server.host}:{server.ldaps_port}"], "ldaps", server.ca_pem, server.reader_dn
    )
    statement = Statement(
        server.suffix,
        tuple(map(server.group_dn, groups)),
        admin_group="",
        admin_users=("admin",),
        settings={AUTHENTICATOR: {"nested_groups": nested}},
    )
    return find_refused(settings, server.password("reader"), statement, users, datetime.now(UTC))


NOT_A_MEMBER = f"no member of {MEMBERS} any more"


def test_direct_members_and_named_admins_are_admitted(directory: ThrowAwayDirectory, people: People) -> None:
    refused = compare(directory, ["anna", "carl", "nested", "admin", "nobody-at-all"])

    assert refused == {"carl": NOT_A_MEMBER, "nested": NOT_A_MEMBER, "nobody-at-all": NO_ACCOUNT}


def test_nested_members_are_admitted_if_configured(directory: ThrowAwayDirectory, people: People) -> None:
    assert compare(directory, ["anna", "carl", "nested"], nested=True) == {"carl": NOT_A_MEMBER}


def test_member_of_one_of_several_groups_is_admitted(directory: ThrowAwayDirectory, people: People) -> None:
    assert compare(directory, ["anna", "nested"], groups=(MEMBERS, INNER)) == {}


def test_disabled_and_expired_accounts_are_refused(directory: ThrowAwayDirectory, people: People) -> None:
    people.add("mortal")
    people.join(MEMBERS, "mortal")
    with connection(directory.state, directory.endpoint, local_directory.ADMIN, "admin") as admin:
        changes = {
            "objectClass": [(ldap3.MODIFY_ADD, ["krbPrincipalAux"])],
            "krbPrincipalExpiration": [(ldap3.MODIFY_ADD, ["20200101000000Z"])],
        }
        admin.modify(directory.user_dn("mortal"), changes)  # type: ignore[no-untyped-call]

    with people.locked("anna"):
        assert compare(directory, ["anna", "mortal", "mona"]) == {"anna": DISABLED, "mortal": EXPIRED}


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


def test_missing_group_is_no_removal(directory: ThrowAwayDirectory, people: People) -> None:
    with pytest.raises(CannotCompare, match="the group hub_tests_missing does not exist or is not visible"):
        compare(directory, ["anna"], groups=(MEMBERS, "hub_tests_missing"))


def test_group_without_any_member_refuses_its_former_members(directory: ThrowAwayDirectory, people: People) -> None:
    with Administrator.at(directory) as administrator:
        administrator.make("hub_tests_empty", "for a test")
        assert compare(directory, ["anna"], groups=("hub_tests_empty",)) == {
            "anna": "no member of hub_tests_empty any more"
        }
