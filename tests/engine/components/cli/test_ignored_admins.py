"""A group of admins with a group of ordinary users in it, which the hub ignores: doctor and the end of access."""

from collections.abc import Iterator

import pytest

from components.cli import members
from components.cli.diagnose.doctor import ADMIN_GROUP
from components.cli.diagnose.result import Status
from components.cli.diagnose.user import MEMBERSHIP
from tests.engine.components.cli.conftest import STACK, SetUp
from tests.engine.components.cli.directory import IN, INNER, MEMBERS, NESTED, Directory
from tests.support.administrator import Administrator
from tests.support.hub_users import People

pytestmark = pytest.mark.engine

ADMINS = "day_two_admins"
ORDINARY = "alice"
"""A member of ``ipausers``, but of no group of the tenancy."""


@pytest.fixture
def administered(healthy: SetUp, people: Directory) -> Iterator[SetUp]:
    """A tenancy with a group of admins, whose only member is a group."""
    with Administrator.at(people.server) as administrator:
        administrator.make(ADMINS, "group of the command tests", [people.server.group_dn(INNER)])
        yield healthy.with_identity(admin_group=ADMINS, nested_groups=True)
        administrator.delete(ADMINS)


def test_group_of_admins_with_admins_only_is_good(administered: SetUp) -> None:
    found = administered.doctor(NESTED)

    assert found[ADMIN_GROUP].status is found[MEMBERSHIP].status is Status.GOOD


@pytest.mark.parametrize("ordinary", ["ipausers", MEMBERS])
def test_group_of_ordinary_users_among_admins_is_broken(administered: SetUp, people: Directory, ordinary: str) -> None:
    with People(people.server).nested(ordinary, ADMINS):
        broken = administered.broken(IN)

    assert set(broken) == {ADMIN_GROUP}
    assert broken[ADMIN_GROUP].message.startswith(f"{ordinary} is a member of the group of admins {ADMINS}, directly")
    assert "only adminUsers are admins" in broken[ADMIN_GROUP].message
    assert "ipa group-remove-member" in broken[ADMIN_GROUP].fix


def test_ignored_group_of_admins_admits_no_user(administered: SetUp, people: Directory) -> None:
    with People(people.server).nested("ipausers", ADMINS):
        assert set(administered.broken(ORDINARY)) == {ADMIN_GROUP, MEMBERSHIP}


def test_direct_membership_makes_no_ordinary_user_an_admin(administered: SetUp, people: Directory) -> None:
    with People(people.server).nested("ipausers", ADMINS):
        assert ADMIN_GROUP not in administered.with_identity(nested_groups=False).doctor()


def test_ignored_group_of_admins_does_not_keep_the_access(administered: SetUp, people: Directory) -> None:
    group = members.Group(administered.tenancy, STACK, people.server.operator_dn, people.server.operator_password)

    with People(people.server).nested("ipausers", ADMINS):
        assert members.find_admitted(group, [ORDINARY]) == {}


def test_group_of_admins_that_does_not_exist_is_a_warning(healthy: SetUp) -> None:
    found = healthy.with_identity(admin_group="day_two_absent").doctor()

    assert found["group day_two_absent"].status is Status.WARNING
