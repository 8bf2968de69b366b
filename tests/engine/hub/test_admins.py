"""Hub admins by a FreeIPA group, by name, and by hand."""

from collections.abc import Iterator

import pytest

from tests.engine.hub.conftest import StartHub, ValuesFor
from tests.support.directory import ThrowAwayDirectory
from tests.support.hub_process import Hub, Visitor
from tests.support.hub_users import ADMINS, MEMBERS, PASSWORD, People

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
    """As *Edit User* in the hub's own pages does it."""
    admin = hub.log_in("admin", directory.password("admin"))
    admin.patch(f"/hub/api/users/{user}", {"name": user, "admin": True})


def test_a_member_of_the_admins_group_is_admin_without_being_in_the_users_group(
    hub_with_admin_group: Hub, people: People
) -> None:
    people.join(ADMINS, "boss")
    try:
        assert is_admin(hub_with_admin_group.log_in("boss", PASSWORD))
    finally:
        people.leave(ADMINS, "boss")


def test_who_leaves_the_admins_group_is_no_admin_from_the_next_log_in(
    hub_with_admin_group: Hub, people: People
) -> None:
    people.join(ADMINS, "anna")
    assert is_admin(hub_with_admin_group.log_in("anna", PASSWORD))
    people.leave(ADMINS, "anna")

    again = hub_with_admin_group.log_in("anna", PASSWORD)

    assert not is_admin(again), "still a user, but no admin"


def test_an_admin_who_is_in_no_group_any_more_cannot_log_in(hub_with_admin_group: Hub, people: People) -> None:
    people.join(ADMINS, "boss")
    assert hub_with_admin_group.log_in("boss", PASSWORD).is_in
    people.leave(ADMINS, "boss")

    boss = hub_with_admin_group.log_in("boss", PASSWORD)

    assert not boss.is_in
    assert f"{MEMBERS} or {ADMINS}" in boss.message


def test_with_an_admins_group_the_directory_decides_and_an_admin_by_hand_is_one_until_the_next_log_in(
    hub_with_admin_group: Hub, directory: ThrowAwayDirectory, people: People
) -> None:
    mona = hub_with_admin_group.log_in("mona", PASSWORD)
    make_admin(hub_with_admin_group, directory, "mona")
    assert is_admin(mona)

    assert not is_admin(hub_with_admin_group.log_in("mona", PASSWORD))


def test_a_named_admin_stays_one_beside_the_group(hub_with_admin_group: Hub, directory: ThrowAwayDirectory) -> None:
    assert is_admin(hub_with_admin_group.log_in("admin", directory.password("admin")))


def test_without_an_admins_group_an_admin_by_hand_stays_one(hub: Hub, directory: ThrowAwayDirectory) -> None:
    assert not is_admin(hub.log_in("mona", PASSWORD))
    make_admin(hub, directory, "mona")

    assert is_admin(hub.log_in("mona", PASSWORD))
