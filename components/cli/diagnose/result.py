"""Results of checks: subject, status, message and fix. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

EXIT_OK, EXIT_FAILED, EXIT_NOT_CHECKED = 0, 1, 3
"""Exit codes. 1: a check failed, or the command was refused; 3: no check failed, but some could not run.

2 is typer's code for a wrong command line.
"""


class Status(StrEnum):
    """Outcome of a check, as printed with ``--json``."""

    GOOD = "good"
    WARNING = "warning"
    BROKEN = "broken"
    UNKNOWN = "not checked"


@dataclass(frozen=True)
class CheckResult:
    """Result of one check.

    ``fix`` is a command or an instruction, empty where nothing is to be done. ``details`` are further values for
    ``--json``.
    """

    subject: str
    status: Status
    message: str
    fix: str = ""
    details: tuple[tuple[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the result as an object for ``--json``; the details are keys beside the others."""
        return {
            "subject": self.subject,
            "status": self.status.value,
            "message": self.message,
            **({"fix": self.fix} if self.fix else {}),
            **dict(self.details),
        }


def good(subject: str, message: str, **details: object) -> CheckResult:
    """Return the result of a check that passed."""
    return CheckResult(subject, Status.GOOD, message, details=tuple(details.items()))


def warning(subject: str, message: str, fix: str, **details: object) -> CheckResult:
    """Return the result of a check that passed, with something to look into."""
    return CheckResult(subject, Status.WARNING, message, fix, tuple(details.items()))


def broken(subject: str, message: str, fix: str, **details: object) -> CheckResult:
    """Return the result of a check that failed."""
    return CheckResult(subject, Status.BROKEN, message, fix, tuple(details.items()))


def unknown(subject: str, message: str, fix: str = "") -> CheckResult:
    """Return the result of a check that could not run; the message gives the reason."""
    return CheckResult(subject, Status.UNKNOWN, message, fix)


def exit_code(results: Iterable[CheckResult]) -> int:
    """Return the exit code for these results."""
    statuses = {result.status for result in results}
    if Status.BROKEN in statuses:
        return EXIT_FAILED
    return EXIT_NOT_CHECKED if Status.UNKNOWN in statuses else EXIT_OK


def conclusion(results: Sequence[CheckResult]) -> str:
    """Return one line that names the subjects that are not good, the worst first."""
    parts = [
        f"{status.value}: {', '.join(subjects)}"
        for status in (Status.BROKEN, Status.UNKNOWN, Status.WARNING)
        if (subjects := [result.subject for result in results if result.status is status])
    ]
    return "; ".join(parts) or "nothing is broken"
