"""Targets of the forbidden connections, and results if the server returns none."""

import pytest

from components.cli.diagnose.result import Status
from components.cli.verify.blocked import check_isolation
from components.cli.verify.isolation import DATABASE, ENFORCEMENT
from tests.unit.components.cli.verify.contexts import scripted

SCHEDULERS = "blocked: Dask schedulers"


def test_hubs_database_is_checked_even_if_the_server_returns_no_results() -> None:
    context = scripted(code=["no results"], objects={})
    context.dask_ended.set()

    assert [(each.subject, each.status) for each in check_isolation(context)] == [
        (ENFORCEMENT, Status.UNKNOWN),
        (DATABASE, Status.GOOD),
    ]


def test_scheduler_is_waited_for_until_the_check_of_dask_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    context = scripted(code=[[]], objects={})
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            context.dask_ended.set()

    monkeypatch.setattr(context, "wait", wait)
    results = {each.subject: each for each in check_isolation(context)}

    assert len(waits) == 3
    assert results[SCHEDULERS].status is Status.UNKNOWN
