"""Checks of a user's homes."""

from datetime import UTC, datetime
from typing import Any

from components.cli.diagnose.homes import FIX, GROWTH_FIX, check_homes
from components.cli.diagnose.result import Status
from components.in_hub.home_problems import PROBLEMS_ANNOTATION, HomeProblems
from components.in_hub.user_id import NAME_ANNOTATION

AT = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)


def claim(name: str, user: str, *problems: str) -> dict[str, Any]:
    annotations = {NAME_ANNOTATION: user}
    if problems:
        annotations[PROBLEMS_ANNOTATION] = HomeProblems(problems, AT).as_text()
    return {"metadata": {"name": name, "annotations": annotations}}


def test_problems_of_the_last_start_are_warnings() -> None:
    claims = [claim("claim-alice", "alice", "Your home folder is full.", "A file is broken."), claim("b", "bob", "x")]
    first, second = check_homes("alice", claims)
    assert first.status is second.status is Status.WARNING
    assert first.message.startswith("claim-alice, started ")
    assert first.message.endswith(": Your home folder is full.")
    assert second.message.endswith(": A file is broken.")
    assert first.fix == FIX


def test_home_without_problems_is_good() -> None:
    [result] = check_homes("alice", [claim("claim-alice", "alice"), {"metadata": {"name": "hub-db-dir"}}])
    assert (result.status, result.message) == (Status.GOOD, "claim-alice: no problem at the last start of its server")


def test_user_without_a_home_is_good() -> None:
    [result] = check_homes("alice", [claim("b", "bob", "x")])
    assert result.message == "alice has no home yet; the first start of a server creates it"


def test_growth_that_is_not_finished_is_a_warning() -> None:
    growing = claim("claim-alice", "alice")
    growing["spec"] = {"resources": {"requests": {"storage": "50Gi"}}}
    growing["status"] = {"capacity": {"storage": "10Gi"}, "conditions": [{"message": "quota exceeded"}]}
    first, _ = check_homes("alice", [growing])

    assert (first.status, first.fix) == (Status.WARNING, GROWTH_FIX)
    assert first.message == "claim-alice: still 10Gi instead of 50Gi: quota exceeded"

    growing["status"]["capacity"]["storage"] = "51Gi"
    assert len(list(check_homes("alice", [growing]))) == 1
