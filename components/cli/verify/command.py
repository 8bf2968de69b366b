"""The command ``verify``: begins the lease, runs all checks, and removes everything, whatever happens."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from components.cli.diagnose.certificates import NoConnection
from components.cli.diagnose.result import CheckResult, broken, good, warning
from components.cli.verify.check import LEASE, Check
from components.cli.verify.context import Context
from components.cli.verify.lease import Lease
from components.cli.verify.leftovers import delete_ended_clusters
from components.cli.verify.progress import Progress
from components.cli.verify.runner import run_checks

REMOVED = "removal"
REMOVAL_SECONDS = 90.0
"""Time limit of the removal, which the hub continues after that."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that end the run early, with the removal."""

INTERRUPTED_EXIT = 128
"""Base of the exit code after a signal, as shells have it."""


def verify(context: Context, checks: Sequence[Check], progress: Progress) -> tuple[list[CheckResult], int]:
    """Run the checks, and remove everything that they have created. Return the results and the signal's number or 0.

    Args:
        context: the tenancy, and the time limit.
        checks: checks that may need ``LEASE``.
        progress: shows the progress.
    """
    lease = Lease(context)
    user = Check(LEASE, "the hub creates a user for the verification only", _begin(context, lease, progress.report))
    with _ended_by_signal(context) as received:
        results = run_checks([user, *checks], context, progress.show)
        if lease.has_begun:
            progress.report("removing what the checks have created")
            results.append(_remove(context, lease))
    return results, received[0] if received else 0


def _begin(context: Context, lease: Lease, report: Callable[[str], None]) -> Callable[[Context], Sequence[CheckResult]]:
    def run(_: Context) -> Sequence[CheckResult]:
        begun = lease.begin(report)
        context.token, context.choice = begun.token, begun.choice
        return [good(LEASE, "the hub created a user for this run only, with no account in the directory")]

    return run


def _remove(context: Context, lease: Lease) -> CheckResult:
    fix = "repeat the command, which begins with the removal; the hub removes it itself within minutes"
    try:
        remains = lease.end(REMOVAL_SECONDS)
    except NoConnection as failure:
        return warning(REMOVED, f"the hub did not confirm that everything was removed: {failure}", fix)
    delete_ended_clusters(context)
    if remains:
        return broken(REMOVED, f"still there after {REMOVAL_SECONDS:g} s: {', '.join(remains)}", fix)
    return good(REMOVED, "server, home, Dask clusters and user of this run are gone")


@contextmanager
def _ended_by_signal(context: Context) -> Iterator[list[int]]:
    """End the run at the first signal inside the block. A second one ends the process: the hub removes the rest."""
    received: list[int] = []

    def end(number: int, _: FrameType | None) -> None:
        if received:
            raise SystemExit(INTERRUPTED_EXIT + number)
        received.append(number)
        context.cancelled.set()

    before = {each: signal.signal(each, end) for each in SIGNALS}
    try:
        yield received
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
