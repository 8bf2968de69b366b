"""The command ``verify``: begins the lease, runs all checks, and removes everything, whatever happens."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from components.cli.diagnose.certificates import NoConnection
from components.cli.diagnose.result import CheckResult, broken, good, warning
from components.cli.verify.check import LEASE, Check
from components.cli.verify.context import Context
from components.cli.verify.lease import LOST, Lease
from components.cli.verify.leftovers import Leftovers
from components.cli.verify.progress import Progress
from components.cli.verify.runner import run_check, run_checks

LIMIT_SECONDS = 600
"""Default time limit of all checks, without the removal."""

REMOVED = "removal"
REMOVAL_SECONDS = 90.0
"""Time limit of the removal, which the hub continues after that."""

UNKNOWN_SECONDS = 10.0
"""Time limit of the removal if the hub has not confirmed that there is anything to remove."""

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
    removal = Check(REMOVED, "nothing stays", lambda _: [_remove(context, lease)])
    with _ended_by_signal(context, progress.report) as received:
        results = run_checks([user, *checks], context, progress.show)
        if lease.stop():
            progress.report("removing what the checks have created")
            if not lease.renew():
                results = [_lost() if each.subject == LEASE else each for each in results]
            results += run_check(removal, context)
    return results, received[0] if received else 0


def _begin(context: Context, lease: Lease, report: Callable[[str], None]) -> Callable[[Context], Sequence[CheckResult]]:
    def run(_: Context) -> Sequence[CheckResult]:
        begun = lease.begin(report)
        context.token, context.choice = begun.token, begun.choice
        return [good(LEASE, "the hub created a user for this run only, with no account in the directory")]

    return run


def _lost() -> CheckResult:
    fix = "repeat the command; kubectl get pods and the hub's log show whether the hub was restarted"
    return broken(LEASE, f"{LOST}; other failures below can be due to this", fix)


def _remove(context: Context, lease: Lease) -> CheckResult:
    fix = "repeat the command, which begins with the removal; the hub removes it itself within minutes"
    leftovers = Leftovers(context)
    try:
        remains = lease.end(REMOVAL_SECONDS if context.token else UNKNOWN_SECONDS)
    except NoConnection as failure:
        return warning(REMOVED, f"the hub did not confirm that everything was removed: {failure}", fix)
    kept = leftovers.remove()
    if remains:
        return broken(REMOVED, f"still there after {REMOVAL_SECONDS:g} s: {', '.join(remains)}", fix)
    if kept:
        message = f"the hub has removed the user and all it had, but this can still be there: {'; '.join(kept)}"
        return warning(REMOVED, message, "give the kubeconfig's account the permission, and repeat the command")
    return good(REMOVED, "server, home, Dask clusters and user of this run are gone")


@contextmanager
def _ended_by_signal(context: Context, report: Callable[[str], None]) -> Iterator[list[int]]:
    """End the run at the first signal inside the block. A second one ends the process: the hub removes the rest.

    Signals that the process ignores, as under ``nohup``, remain ignored.
    """
    received: list[int] = []

    def end(number: int, _: FrameType | None) -> None:
        if received:
            raise SystemExit(INTERRUPTED_EXIT + number)
        received.append(number)
        context.end_early(f"the run was interrupted ({signal.Signals(number).name})")

    before = {each: signal.getsignal(each) for each in SIGNALS if signal.getsignal(each) is not signal.SIG_IGN}
    for each in before:
        signal.signal(each, end)
    try:
        yield received
    except SystemExit:
        report("ended by a second signal: the hub removes what is left within three minutes")
        raise
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
