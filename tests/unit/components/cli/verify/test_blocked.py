"""The targets of forbidden connections include a Dask scheduler, as long as one can come."""

import pytest

from components.cli.diagnose.result import Status
from components.cli.verify.blocked import check_isolation
from tests.unit.components.cli.verify.contexts import scripted

SCHEDULERS = "blocked: Dask schedulers"


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
