"""Runs checks at the same time, each once those that it needs have passed, and all within a time limit."""

import threading
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait

from components.cli.diagnose.certificates import CertificateRefused, NoConnection
from components.cli.diagnose.result import CheckResult, Status, broken, unknown
from components.cli.verify.check import Check
from components.cli.verify.context import Context
from components.cli.verify.failures import CheckFailed, CodeFailed, Ended
from components.cluster.errors import CannotAsk

FIX = "python -m components doctor STACK; repeat the command"
"""Fix for a failure that a check does not explain."""

EXPECTED = (NoConnection, CertificateRefused, CannotAsk, CodeFailed)
"""Exceptions that are a failed check, with the same fix for all; ``CheckFailed`` has its own."""

TICK_SECONDS = 0.5
"""Longest time until the end of the time limit is noticed."""

Report = Callable[[Sequence[str], Sequence[CheckResult]], None]
"""Receives the subjects that run now, and all results so far."""


def run_checks(
    checks: Sequence[Check], context: Context, report: Report = lambda running, results: None
) -> list[CheckResult]:
    """Run the checks and return their results in the order of the checks, whatever happens.

    Checks that have not finished at the end of the time limit are reported as not tested; their threads end with the
    process.

    Args:
        checks: the checks, in the order of the results; each needs earlier ones only.
        context: what they need; its time limit is that of the run.
        report: receives the progress.
    """
    results: dict[str, Sequence[CheckResult]] = {}
    running: dict[Future[Sequence[CheckResult]], Check] = {}
    waiting = list(checks)
    _check_order(checks)

    def found() -> list[CheckResult]:
        return [result for check in checks for result in results.get(check.subject, ())]

    while waiting or running:
        for check in list(waiting):
            if missing := [each for each in check.needs if each in results and not _has_passed(results[each])]:
                results[check.subject] = [unknown(check.subject, f"not tested, since this failed: {missing[0]}")]
            elif all(each in results for each in check.needs):
                running[_start(check, context)] = check
            else:
                continue
            waiting.remove(check)
        report([check.subject for check in running.values()], found())
        done, _ = wait(running, timeout=min(TICK_SECONDS, context.remaining()), return_when=FIRST_COMPLETED)
        for future in done:
            check = running.pop(future)
            results[check.subject] = future.result()
        if context.has_ended():
            for check in [*running.values(), *waiting]:
                results[check.subject] = [_not_finished(check, context)]
            break
    report([], found())
    return found()


def _check_order(checks: Sequence[Check]) -> None:
    known: set[str] = set()
    for check in checks:
        if unknown_needs := set(check.needs) - known:
            raise ValueError(f"the check {check.subject} needs {unknown_needs}, which does not precede it")
        known.add(check.subject)


def _has_passed(results: Sequence[CheckResult]) -> bool:
    return all(result.status in (Status.GOOD, Status.WARNING) for result in results)


def _not_finished(check: Check, context: Context) -> CheckResult:
    if context.end_reason:
        return unknown(check.subject, f"not tested: {context.end_reason}", "repeat the command")
    return unknown(check.subject, f"not tested within the limit of {context.limit_seconds:g} s", "repeat with --limit")


def _start(check: Check, context: Context) -> Future[Sequence[CheckResult]]:
    future: Future[Sequence[CheckResult]] = Future()

    def run() -> None:
        future.set_result(run_check(check, context))

    # A daemon: a thread that hangs must not prevent the end of the process.
    threading.Thread(target=run, name=check.subject, daemon=True).start()
    return future


def run_check(check: Check, context: Context) -> Sequence[CheckResult]:
    """Run one check and return its results, whatever happens."""
    try:
        return check.run(context)
    except CheckFailed as failure:
        return [broken(check.subject, str(failure), failure.fix)]
    except EXPECTED as failure:
        return [broken(check.subject, str(failure), FIX.replace("STACK", context.stack))]
    except Ended:
        return [_not_finished(check, context)]
    except Exception as error:  # a mistake in one check must not hide the results of the others
        context.debug(traceback.format_exc())
        return [unknown(check.subject, f"not tested: a mistake of this program: {type(error).__name__}: {error}")]
