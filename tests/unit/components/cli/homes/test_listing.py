"""The homes in ``members list``."""

from datetime import timedelta
from typing import Any

import pytest

from components.cli.homes.listing import (
    START_UNKNOWN,
    USE_UNKNOWN,
    Order,
    describe_state,
    explain_unknown,
    former_homes,
    former_rows,
    home_as_json,
    member_rows,
    other_homes,
)
from components.cli.homes.owners import Absence
from components.in_hub.accounts import DISABLED
from tests.unit.components.cli.homes.homes import ID, NOW, home

MEMBERS = [["alice", "direct", "yes"], ["bob", "direct", "yes"], ["carol", "direct", "yes"]]
ALICE = home("alice", used_gb=9.5, last_start=NOW, server="running")
BOB = home("bob", used_gb=1.25, last_start=NOW - timedelta(days=90))
FORMER = home("eve", used_gb=2, last_start=NOW, away_since=NOW + timedelta(hours=1))
ABSENCES = {FORMER.owner: Absence(DISABLED)}


def test_members_are_listed_with_their_homes() -> None:
    assert member_rows(MEMBERS, [ALICE, BOB, FORMER], ABSENCES, Order.USER) == [
        ["alice", "direct", "yes", "claim-alice", "10", "9.5 (95 %)", "2026-12-01 12:00", "running"],
        ["bob", "direct", "yes", "claim-bob", "10", "1.2 (12 %)", "2026-09-02 12:00", "–"],
        ["carol", "direct", "yes", "–", "", "", "", ""],
    ]


def test_unread_homes_are_unknown() -> None:
    assert member_rows(MEMBERS[:1], None, {}, Order.USED) == [["alice", "direct", "yes", "unknown", "", "", "", ""]]


@pytest.mark.parametrize(
    ("order", "users"),
    [
        (Order.USER, ["alice", "bob", "carol"]),
        (Order.USED, ["alice", "bob", "carol"]),
        (Order.SIZE, ["carol", "alice", "bob"]),
        (Order.LAST_START, ["carol", "bob", "alice"]),
    ],
)
def test_homes_are_sorted(order: Order, users: list[str]) -> None:
    carol = home("carol", size=20.0 * 2**30)

    assert [row[0] for row in member_rows(MEMBERS, [BOB, carol, ALICE], {}, order)] == users


def test_former_members_are_listed_with_the_reason() -> None:
    left = home("carol", claim="", uid="", deletion="2026-12-01T12:00:00+00:00")
    homes = former_homes([ALICE, FORMER, left], ABSENCES, Order.USER)

    assert former_rows(homes, ABSENCES) == [
        ["carol", "pv-carol", "10", "", "", "unknown", "only the volume is left; its deletion has begun"],
        ["eve", "claim-eve", "10", "2 (20 %)", "2026-12-01 12:00", "2026-12-01 13:00", "the account is disabled"],
    ]


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"archive": "begun"}, "its archive has begun"),
        ({"archive": "94cfed16"}, "it is archived, but not deleted"),
        ({"archive": "94cfed16", "archived_at": NOW}, "archived automatically on 2026-12-01, but not deleted"),
    ],
)
def test_state_names_the_archive(changes: dict[str, Any], state: str) -> None:
    assert describe_state(home("eve", **changes), {}) == state


def test_admitted_users_outside_the_group_are_found() -> None:
    assert other_homes([ALICE, BOB, FORMER], ["alice"], ABSENCES) == [BOB]


def test_unknown_cells_are_explained() -> None:
    assert list(explain_unknown([home("alice")])) == [USE_UNKNOWN, START_UNKNOWN]
    assert list(explain_unknown([ALICE])) == []


def test_json_has_exact_numbers_and_null_for_the_unknown() -> None:
    shown = home_as_json(FORMER, ABSENCES)

    assert shown["usedPart"] == 0.2
    assert shown["former"] is True
    assert shown["awaySince"] == "2026-12-01T13:00:00+00:00"
    assert home_as_json(ALICE, ABSENCES)["former"] is False
    unknown = home_as_json(home("alice", user_id=""), None)
    assert {key for key, value in unknown.items() if value is None} == {
        *("userId", "usedBytes", "usedPart", "measuredAt", "lastStart", "server", "former", "reason", "awaySince"),
        *("deletionBegun", "archive", "archivedAutomaticallyAt"),
    }
    assert home_as_json(ALICE, ABSENCES)["userId"] == ID
