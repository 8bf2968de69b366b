"""Admins of the hub: by group, by name, and appointed in the hub."""

from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from tests.engine.hub.conftest import StartHub, ValuesFor
from tests.support.administrator import hidden_from_accounts
from tests.support.directory import ThrowAwayDirectory
from tests.support.hub_process import Hub, Visitor
from tests.support.hub_users import ADMINS, MEMBERS, MODELLERS, PASSWORD, People

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def hub_with_admin_group(start_hub: StartHub, values_for: ValuesFor, people: People) -> Iterator[Hub]:
    with start_hub(values_for(identity={"adminGroup": ADMINS})) as hub:
        yield hub


def is_admin(visitor: Visitor) -> bool:
    assert visitor.user is not None
    may_list_users = visitor.get("/hub/admin").status_code == 200
    assert may_list_users == visitor.user["admin"]
    return may_list_users


def make_admin(hub: Hub, directory: ThrowAwayDirectory, user: str) -> None:
    """Appoint an admin, as the hub's page *Edit User* does."""
    admin = hub.log_in("admin", directory.password("admin"))
    admin.patch(f"/hub/api/users/{user}", {"name": user, "admin": True})


def test_admins_group_needs_no_membership_in_the_users_group(hub_with_admin_group: Hub, people: People) -> None:
    people.join(ADMINS, "boss")
    try:
        assert is_admin(hub_with_admin_group.log_in("boss", PASSWORD))
    finally:
        people.leave(ADMINS, "boss")


def test_former_admin_loses_the_role_at_the_next_log_in(hub_with_admin_group: Hub, people: People) -> None:
    people.join(ADMINS, "anna")
    assert is_admin(hub_with_admin_group.log_in("anna", PASSWORD))
    people.leave(ADMINS, "anna")

    again = hub_with_admin_group.log_in("anna", PASSWORD)

    assert not is_admin(again), "still a user, but not an admin"


def test_admin_without_any_group_cannot_log_in(hub_with_admin_group: Hub, people: People) -> None:
    people.join(ADMINS, "boss")
    assert hub_with_admin_group.log_in("boss", PASSWORD).is_in
    people.leave(ADMINS, "boss")

    boss = hub_with_admin_group.log_in("boss", PASSWORD)

    assert not boss.is_in
    assert f"{MEMBERS} or {ADMINS}" in boss.message


def test_appointed_admin_keeps_the_role_until_the_next_log_in(
    hub_with_admin_group: Hub, directory: ThrowAwayDirectory, people: People
) -> None:
    mona = hub_with_admin_group.log_in("mona", PASSWORD)
    make_admin(hub_with_admin_group, directory, "mona")
    assert is_admin(mona)

    assert not is_admin(hub_with_admin_group.log_in("mona", PASSWORD))


def test_named_admin_stays_admin_beside_the_group(hub_with_admin_group: Hub, directory: ThrowAwayDirectory) -> None:
    assert is_admin(hub_with_admin_group.log_in("admin", directory.password("admin")))


def test_appointed_admin_stays_admin_without_an_admins_group(hub: Hub, directory: ThrowAwayDirectory) -> None:
    assert not is_admin(hub.log_in("mona", PASSWORD))
    make_admin(hub, directory, "mona")

    assert is_admin(hub.log_in("mona", PASSWORD))


@pytest.fixture(scope="module")
def hub_with_nested_admins(start_hub: StartHub, values_for: ValuesFor, people: People) -> Iterator[Hub]:
    with start_hub(values_for(identity={"adminGroup": ADMINS, "nestedGroups": True})) as hub:
        yield hub


def test_nested_member_of_the_admins_group_is_an_admin(hub_with_nested_admins: Hub, people: People) -> None:
    with people.joined(MODELLERS, "boss"), people.nested(MODELLERS, ADMINS):
        assert is_admin(hub_with_nested_admins.log_in("boss", PASSWORD))


@pytest.mark.parametrize("between", [None, MODELLERS])
@pytest.mark.parametrize("ordinary", ["ipausers", MEMBERS])
def test_group_of_ordinary_users_makes_nobody_an_admin(
    hub_with_nested_admins: Hub, directory: ThrowAwayDirectory, people: People, ordinary: str, between: str | None
) -> None:
    hub = hub_with_nested_admins
    with people.joined("ipausers", "anna", "carl"), people.joined(ADMINS, "mona"):
        with people.nested(ordinary, between or ADMINS), people.nested(between, ADMINS) if between else nullcontext():
            hub.log()

            assert not is_admin(hub.log_in("anna", PASSWORD))
            assert not is_admin(hub.log_in("mona", PASSWORD)), "a direct member neither"
            assert not hub.log_in("carl", PASSWORD).is_in, "nor does the group admit anybody"
            assert is_admin(hub.log_in("admin", directory.password("admin")))
            reason = f"{ordinary} is a member of the group of admins {ADMINS}, directly or through another group"
            assert f"anna is no admin, as nobody is by group: {reason}" in hub.log()
        assert is_admin(hub.log_in("mona", PASSWORD)), "the group counts again"


def test_hidden_memberships_of_groups_make_nobody_an_admin(
    hub_with_nested_admins: Hub, directory: ThrowAwayDirectory, people: People
) -> None:
    groups = f"cn=groups,cn=accounts,{directory.suffix}"
    with people.joined(ADMINS, "anna"):
        with hidden_from_accounts(directory, groups, "Read Group Membership"):
            assert not is_admin(hub_with_nested_admins.log_in("anna", PASSWORD))
        assert is_admin(hub_with_nested_admins.log_in("anna", PASSWORD))
