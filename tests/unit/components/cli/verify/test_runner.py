import threading
from collections.abc import Sequence

import pytest

from components.cli.diagnose.certificates import NoConnection
from components.cli.diagnose.result import CheckResult, Status, broken, good
from components.cli.verify.check import Check
from components.cli.verify.context import Context
from components.cli.verify.failures import CheckFailed, CodeFailed
from components.cli.verify.runner import run_checks
from tests.unit.components.cli.verify.contexts import context

LONG_SECONDS = 30.0


def passes(subject: str, *needs: str) -> Check:
    return Check(subject, "that it passes", lambda _: [good(subject, "passed")], needs)


def raises(subject: str, error: Exception, *needs: str) -> Check:
    def run(_: Context) -> Sequence[CheckResult]:
        raise error

    return Check(subject, "that it fails", run, needs)


def test_results_have_the_order_of_the_checks() -> None:
    released = threading.Event()

    def wait_for_second(_: Context) -> Sequence[CheckResult]:
        assert released.wait(LONG_SECONDS)
        return [good("first", "passed")]

    def release(_: Context) -> Sequence[CheckResult]:
        released.set()
        return [good("second", "passed"), broken("of the second", "failed", "repair it")]

    checks = [Check("first", "", wait_for_second), Check("second", "", release)]

    assert [each.subject for each in run_checks(checks, context())] == ["first", "second", "of the second"]


def test_check_is_not_tested_without_those_that_it_needs() -> None:
    checks = [raises("server", NoConnection("no answer")), passes("files", "server"), passes("dask", "files")]

    failed, *others = run_checks(checks, context())

    assert (failed.status, failed.message) == (Status.BROKEN, "no answer")
    assert failed.fix.startswith("python -m components doctor vis")
    assert [(each.status, each.message) for each in others] == [
        (Status.UNKNOWN, "not tested, since this failed: server"),
        (Status.UNKNOWN, "not tested, since this failed: files"),
    ]


@pytest.mark.parametrize(
    ("error", "status", "fix"),
    [
        (CheckFailed("it failed", "repair it"), Status.BROKEN, "repair it"),
        (CodeFailed("it failed"), Status.BROKEN, "python -m components doctor vis; repeat the command"),
    ],
)
def test_exception_is_a_failed_check(error: Exception, status: Status, fix: str) -> None:
    (result,) = run_checks([raises("server", error)], context())

    assert (result.status, result.message, result.fix) == (status, "it failed", fix)


def test_mistake_in_one_check_does_not_hide_the_others() -> None:
    mistaken, passed = run_checks([raises("server", KeyError("x")), passes("certificate")], context())

    assert (mistaken.status, passed.status) == (Status.UNKNOWN, Status.GOOD)
    assert "KeyError" in mistaken.message


def test_check_that_hangs_ends_with_the_time_limit() -> None:
    released = threading.Event()

    def hang(_: Context) -> Sequence[CheckResult]:
        released.wait(LONG_SECONDS)
        return []

    def wait(found: Context) -> Sequence[CheckResult]:
        found.wait(LONG_SECONDS)
        return []

    checks = [Check("hangs", "", hang), Check("waits", "", wait), passes("later", "hangs")]
    results = run_checks(checks, context(limit_seconds=0.2))
    released.set()

    assert [each.message for each in results] == ["not tested within the limit of 0.2 s"] * 3


def test_interrupted_run_ends_at_once() -> None:
    found = context(limit_seconds=LONG_SECONDS)

    def interrupt(_: Context) -> Sequence[CheckResult]:
        found.end_early("the run was interrupted")
        found.wait(LONG_SECONDS)
        return []

    (result,) = run_checks([Check("server", "", interrupt)], found)

    assert result.status is Status.UNKNOWN


def test_progress_names_the_checks_that_run() -> None:
    seen = []
    run_checks([passes("server")], context(), lambda running, results: seen.append((list(running), len(results))))

    assert (seen[0], seen[-1]) == ((["server"], 0), ([], 1))


def test_check_needs_earlier_checks_only() -> None:
    with pytest.raises(ValueError, match="files"):
        run_checks([passes("server", "files"), passes("files")], context())
