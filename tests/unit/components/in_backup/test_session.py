"""Runs at the same time, and the interval of checks."""

from datetime import UTC, datetime
from typing import Any

import pytest

from components.in_backup.results import Check, Result
from components.in_backup.run import is_check_due
from components.in_backup.session import find_other_run

NOW = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)


def pod(name: str, created: str, component: str = "backup-run", phase: str = "Running") -> dict[str, Any]:
    labels = {"app.kubernetes.io/component": component}
    metadata = {"name": name, "creationTimestamp": created, "labels": labels}
    return {"metadata": metadata, "status": {"phase": phase}}


FIRST, SECOND = pod("manual", "2026-12-01T01:00:00Z"), pod("nightly", "2026-12-01T01:30:00Z")


def test_the_later_one_of_two_runs_ends() -> None:
    assert find_other_run([SECOND, FIRST], "nightly") == "manual"
    assert find_other_run([SECOND, FIRST], "manual") is None


def test_runs_that_have_ended_and_other_pods_do_not_count() -> None:
    ended = pod("former", "2026-12-01T00:00:00Z", phase="Failed")
    deleted = pod("lost", "2026-12-01T00:00:00Z")
    deleted["metadata"]["deletionTimestamp"] = "2026-12-01T00:30:00Z"
    other = pod("jupyter-alice", "2026-12-01T00:00:00Z", component="singleuser-server")
    assert find_other_run([ended, deleted, other, SECOND], "nightly") is None


@pytest.mark.parametrize(
    ("last", "is_due"),
    [
        (None, True),
        (Check("2026-11-30T02:00:00+00:00", True), False),
        (Check("2026-11-30T02:00:00+00:00", False), True),
        (Check("2026-11-23T02:00:00+00:00", True), True),
        (Check("2027-11-30T02:00:00+00:00", True), True),
    ],
)
def test_a_check_is_due_after_a_week(last: Check | None, is_due: bool) -> None:
    assert is_check_due(last, NOW) == is_due


def test_a_result_of_an_earlier_version_is_read() -> None:
    text = '{"run": null, "last_good": "2026-11-30T02:00:00+00:00", "retention": {"at": "x", "is_good": true}}'
    found = Result.from_json(text)
    assert (found.last_good, found.is_store_full, found.checks) == (
        "2026-11-30T02:00:00+00:00",
        False,
        [Check("x", True)],
    )
