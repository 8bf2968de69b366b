"""The choice of former members' homes that a run archives."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from components.in_backup.former_homes import MOST_HOMES, choose_homes
from tests.unit.components.in_backup.former_claims import DAYS, NOW, claim, time_before


def users(
    claims: Sequence[dict[str, Any]], used: Sequence[str] = (), incomplete: Mapping[str, str] | None = None
) -> list[str]:
    return [each.volume.user for each in choose_homes(claims, used, incomplete or {}, NOW, DAYS).homes]


def test_homes_without_access_for_long_enough_are_archived_the_longest_first() -> None:
    claims = [claim("alice"), claim("bob", away=DAYS), claim("carol", away=DAYS - 0.01), claim("dave", away=400)]
    assert users(claims) == ["dave", "bob"]


@pytest.mark.parametrize(
    "marks",
    [
        {"archive": "94cfed16"},
        {"restoring": "94cfed16"},
        {"last_start": time_before(1)},
        {"deletion_begun": time_before(0.001)},
        {"away_since": "half a year ago"},
        {"away_since": time_before(-1)},
    ],
)
def test_home_that_is_archived_or_changed_or_has_no_valid_record_is_not(marks: dict[str, str]) -> None:
    assert users([claim("bob", away=400, **marks)]) == []


@pytest.mark.parametrize(
    "marks", [{"archive": "begun"}, {"last_start": time_before(401)}, {"deletion_begun": time_before(1)}]
)
def test_marks_of_former_starts_and_killed_commands_do_not_prevent_it(marks: dict[str, str]) -> None:
    assert users([claim("bob", away=400, **marks)]) == ["bob"]


def test_home_in_use_waits_for_a_later_run() -> None:
    assert users([claim("bob", away=400), claim("eve", away=400)], used=["claim-bob"]) == ["eve"]


def test_claim_that_is_no_home_or_has_no_volume_is_left_out() -> None:
    database = claim("x", away=400)
    database["metadata"]["name"] = "hub-db-dir"
    assert users([database, claim("bob", away=400, phase="Pending")]) == []


def test_home_whose_backup_is_incomplete_is_reported_instead() -> None:
    claims = [claim("bob", away=400), claim("eve", away=400)]
    choice = choose_homes(claims, (), {"bob": "some files could not be read", "alice": "x"}, NOW, DAYS)
    assert [each.volume.user for each in choice.homes] == ["eve"]
    assert choice.left_out == {"claim-bob": "some files could not be read"}


def test_a_run_archives_a_limited_number_and_later_runs_the_others() -> None:
    claims = [claim(f"user{number}", away=400 - number) for number in range(MOST_HOMES + 2)]
    first = users(claims)
    assert first == [f"user{number}" for number in range(MOST_HOMES)]
    for each in claims[:MOST_HOMES]:
        each["metadata"]["annotations"]["tenancy.pangeo/archive"] = "94cfed16"
    assert users(claims) == [f"user{number}" for number in range(MOST_HOMES, MOST_HOMES + 2)]
