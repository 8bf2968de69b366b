"""The line ``homes`` of ``status``."""

from components.cli.diagnose.result import Status
from components.cli.homes.check import check_homes
from tests.unit.components.cli.homes.homes import NOW, home


def test_fullest_homes_are_named() -> None:
    found = check_homes([home("alice", used_gb=2), home("bob", used_gb=8.99), home("carol")], "vis")

    assert found.status is Status.GOOD
    assert found.message == "3 users have a home; the fullest: bob 89 %, alice 20 %; the use of 1 is not known"
    assert found.as_json()["users"] == ["alice", "bob", "carol"]
    assert found.as_json()["homes"][1]["usedPart"] == 0.899


def test_home_that_is_90_percent_full_is_a_warning() -> None:
    found = check_homes([home("alice", used_gb=9), home("bob", used_gb=9.9), home("carol", used_gb=1)], "vis")

    assert found.status is Status.WARNING
    assert found.message == "2 of 3 at least 90 % full: bob 99 %, alice 90 %; 3 users have a home"
    assert found.fix == (
        "let these users delete files, or give them larger homes; all: "
        "python -m components members list vis --sort used"
    )


def test_many_full_homes_are_counted() -> None:
    found = check_homes([home(f"user{number}", used_gb=9.5) for number in range(7)], "vis")

    assert "7 of 7 at least 90 % full: user6 95 %, " in found.message
    assert "user2 95 % and 2 more; " in found.message


def test_homes_of_users_without_access_are_counted() -> None:
    left = home("carol", claim="", uid="")
    found = check_homes([home("alice", used_gb=1), home("bob", used_gb=1, away_since=NOW), left], "vis")

    assert found.message == "2 users have a home; the fullest: bob 10 %, alice 10 %; 2 homes of users without access"
    assert found.as_json()["withoutAccess"] == [
        {"user": "bob", "home": "claim-bob", "since": NOW.isoformat()},
        {"user": "carol", "home": "pv-carol", "since": None},
    ]


def test_homes_that_were_archived_automatically_are_named() -> None:
    bob = home("bob", used_gb=1, away_since=NOW, archive="94cfed16", archived_at=NOW)

    assert check_homes([bob], "vis").message.endswith(
        "1 home of users without access; archived automatically: bob on 2026-12-01; to delete one of these homes: "
        "python -m components members archive-home vis bob"
    )


def test_tenancy_without_homes_is_good() -> None:
    assert check_homes([], "vis").message == "0 users have a home"
