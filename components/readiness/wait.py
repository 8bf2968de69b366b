"""The wait for a release: progress, the confirmation of final findings, and the time limit."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from components.cluster.errors import CannotAsk, Refused
from components.readiness.finding import Finding
from components.readiness.verdict import Snapshot, Verdict, judge

POLL_SECONDS = 1.0
REPORT_SECONDS = 30.0
"""Longest time without a line of progress."""

REFUSED_SECONDS = 30.0
"""How long the account must be refused: an API server that has just started refuses everybody for a moment."""

MOST_LINES = 5
"""Number of findings in one report."""


class NotReady(Exception):
    """The hub cannot become ready, or did not become ready in time."""


@dataclass
class Wait:
    """The wait for one release. ``clock`` returns seconds, and ``sleep`` waits some."""

    observe: Callable[[], Snapshot]
    report: Callable[[str], object]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep
    _since: dict[tuple[str, str], float] = field(default_factory=dict)
    _reported: tuple[str, ...] = ()
    _reported_at: float = 0.0

    def until_ready(self, limit_seconds: float) -> None:
        """Wait until the release is ready.

        Raises:
            NotReady: waiting cannot help, or the time is over.
        """
        begin = self.clock()
        self._reported_at = begin
        while True:
            now = self.clock()
            verdict = self._look()
            if verdict.is_ready and not any(each.fix for each in verdict.notebooks):
                return
            findings = [*verdict.missing, *verdict.notebooks]
            final = [each for each in findings if self._is_final(each, now)]
            if final:
                raise NotReady(_describe_final(final))
            lines = [str(each) for each in findings]
            if now - begin >= limit_seconds:
                raise NotReady(_describe_timeout(lines, limit_seconds))
            self._report(tuple(lines[:MOST_LINES]), now, begin)
            self.sleep(POLL_SECONDS)

    def _look(self) -> Verdict:
        """Return the verdict. An API server that is away for a while is waited for, too."""
        try:
            return judge(self.observe())
        except Refused as error:
            return Verdict(
                (Finding("cluster", str(error), "give the account access, then run pulumi up", REFUSED_SECONDS),)
            )
        except CannotAsk as error:
            return Verdict((Finding("cluster", f"{error}; trying again"),))

    def _is_final(self, finding: Finding, now: float) -> bool:
        """Return whether a finding that waiting cannot help has lasted long enough."""
        if finding.fix is None:
            return False
        return now - self._since.setdefault((finding.subject, finding.fix), now) >= finding.confirm_seconds

    def _report(self, lines: tuple[str, ...], now: float, begin: float) -> None:
        """Report new lines at once, and all of them again after some time."""
        is_due = now - self._reported_at >= REPORT_SECONDS
        new = lines if is_due else tuple(line for line in lines if line not in self._reported)
        for line in new:
            self.report(f"waiting for the hub ({now - begin:.0f} s): {line}")
        if new:
            self._reported_at = now
        self._reported = lines


def _describe_final(findings: list[Finding]) -> str:
    return "the hub cannot become ready: " + " | ".join(f"{each}. Fix: {each.fix}" for each in findings[:MOST_LINES])


def _describe_timeout(lines: list[str], limit_seconds: float) -> str:
    missing = " | ".join(lines[:MOST_LINES])
    return (
        f"the hub was not ready after {limit_seconds / 60:g} minutes: {missing}. Correct the cause, or wait until it "
        "has passed, and run pulumi up again, which continues to wait"
    )
