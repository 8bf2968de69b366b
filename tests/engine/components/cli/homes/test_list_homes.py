"""Homes in ``members list`` and ``status``, with a real directory and API server."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from components.cli.diagnose.result import Status
from components.cli.diagnose.status import check_status
from components.cli.homes.list_command import Listing, print_listing, read_listing
from components.cli.homes.listing import Order
from components.in_hub.accounts import CREATED_AGAIN, DISABLED, NO_ACCOUNT
from components.in_hub.home_marks import AWAY_SINCE, LAST_START
from components.in_hub.home_use import USE_ANNOTATION, HomeUse
from tests.engine.components.cli.conftest import STACK, SetUp
from tests.engine.components.cli.directory import INNER, MEMBERS
from tests.engine.components.cli.homes.conftest import Operator

pytestmark = pytest.mark.engine

GIB = 2**30
NOT_A_MEMBER = f"no member of {MEMBERS} any more"
STARTED = "2026-11-01T08:30:00+00:00"


def read(operator: Operator, **identity: object) -> Listing:
    tenancy = operator.group.tenancy
    changed = tenancy.model_copy(update={"identity": tenancy.identity.model_copy(update=identity)})
    return read_listing(replace(operator.group, tenancy=changed), operator.environment)


def reason(operator: Operator, **identity: object) -> str | None:
    """Return why the owner does not use the home any more."""
    listed = read(operator, **identity)
    assert listed.absences is not None
    [home] = [each for each in listed.homes or [] if each.user == operator.user]
    absence = listed.absences.get(home.owner)
    return absence.reason if absence else None


@pytest.fixture
def member(operator: Operator) -> Iterator[Operator]:
    """A member with a home that has been used."""
    use = HomeUse(9 * GIB + GIB // 2, datetime(2026, 11, 1, 9, tzinfo=UTC)).as_text()
    operator.create_home(annotations={USE_ANNOTATION: use, LAST_START: STARTED})
    with operator.people.joined(MEMBERS, operator.user):
        yield operator


def test_members_are_listed_with_their_homes(member: Operator, capsys: pytest.CaptureFixture[str]) -> None:
    member.mount()
    print_listing(read(member), Order.USER, as_json=False)

    shown = capsys.readouterr()
    [row] = [line.split() for line in shown.out.splitlines() if line.startswith(member.user)]
    expected = ["direct", "yes", member.claim, "10", "9.5", "(95", "%)", "2026-11-01", "08:30", "starting"]
    assert row == [member.user, *expected]
    assert shown.err == ""


def test_json_has_exact_numbers(member: Operator, capsys: pytest.CaptureFixture[str]) -> None:
    print_listing(read(member), Order.USER, as_json=True)

    found = json.loads(capsys.readouterr().out)
    [home] = [each for each in found["homes"] if each["user"] == member.user]
    assert (home["claim"], home["volume"]) == (member.claim, member.volume)
    assert (home["sizeBytes"], home["usedBytes"], home["usedPart"]) == (10 * GIB, 9.5 * GIB, 0.95)
    assert (home["lastStart"], home["server"], home["former"]) == (STARTED, None, False)
    assert found["problems"] == []


def test_owner_who_may_log_in_is_no_former_member(operator: Operator) -> None:
    operator.create_home()
    with operator.people.joined(MEMBERS, operator.user):
        assert reason(operator) is None
    with operator.people.joined(INNER, operator.user):
        assert reason(operator, nested_groups=True) is None
        assert reason(operator, nested_groups=False) == NOT_A_MEMBER
    assert reason(operator, admin_users=(operator.user,)) is None


def test_each_reason_of_an_absence_is_named(member: Operator) -> None:
    with member.people.locked(member.user):
        assert reason(member) == DISABLED
    member.people.leave(MEMBERS, member.user)
    assert reason(member) == NOT_A_MEMBER
    member.people.give_name_to_another_person(member.user, MEMBERS)
    assert reason(member) == CREATED_AGAIN
    member.people.remove(member.user)
    assert reason(member) == NO_ACCOUNT
    member.people.add(member.user)


def test_renamed_owner_is_named(member: Operator) -> None:
    member.people.remove(member.user)
    new = f"{member.user}-new"
    member.people.add(new)
    member.people.set_unique_id(new, member.user_id)
    try:
        assert reason(member) == f"the account is called {new} now"
    finally:
        member.people.remove(new)
        member.people.add(member.user)


def test_former_members_are_listed_after_the_members(operator: Operator, capsys: pytest.CaptureFixture[str]) -> None:
    operator.create_home(annotations={AWAY_SINCE: "2026-11-02T10:00:00+00:00"})

    print_listing(read(operator), Order.USER, as_json=False)

    members, _, former = capsys.readouterr().out.partition("Homes that their owners do not use any more:")
    assert operator.user not in members
    [row] = [line for line in former.splitlines() if line.startswith(operator.user)]
    cells = ["10", "unknown", "unknown", "2026-11-02 10:00", NOT_A_MEMBER]
    assert " ".join(row.split()) == " ".join([operator.user, operator.claim, *cells])


def test_homes_of_a_reused_name_belong_to_their_accounts(member: Operator) -> None:
    member.create_home(user_id=str(uuid4()), suffix="--former")

    listed = read(member)

    assert listed.absences is not None
    own = [(each.claim, each.owner in listed.absences) for each in listed.homes or [] if each.user == member.user]
    assert own == [(member.claim, False), (f"{member.claim}--former", True)]


def test_members_are_listed_without_the_cluster(member: Operator, capsys: pytest.CaptureFixture[str]) -> None:
    with member.api.stopped():
        print_listing(read(member), Order.USED, as_json=False)

    shown = capsys.readouterr()
    assert "homes are not known: https://" in shown.err
    [row] = [line.split() for line in shown.out.splitlines() if line.startswith(member.user)]
    assert row == [member.user, "direct", "yes", "unknown"]


def test_hidden_members_are_no_former_members(member: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.in_hub.removed_users.SENTINEL_GROUP", "hidden")

    listed = read(member)

    assert listed.absences is None
    assert listed.problems == (
        "which homes belong to former members is not known: the group hidden shows no member that is a user",
    )


def test_status_warns_of_a_full_home(healthy: SetUp, member: Operator) -> None:
    results = check_status(healthy.tenancy, stack=STACK, env=healthy.env, drift=None)

    [homes] = [each for each in results if each.subject == "homes"]
    assert homes.status is Status.WARNING
    assert f"{member.user} 95 %" in homes.message
    assert member.user in homes.as_json()["users"]
