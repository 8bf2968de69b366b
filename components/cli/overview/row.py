"""The row of a tenancy, made from the results of its checks. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from components.capacity.total import compute_capacity
from components.cli.diagnose.checks import DIRECTORY, HUB, HUB_CERTIFICATE, HUB_PODS
from components.cli.diagnose.result import CheckResult, Status
from components.cli.diagnose.status import RELEASE, RUNNING, SERVERS
from components.config.tenancy import Tenancy
from components.config.types import format_count

HEADINGS = (
    "stack",
    "address",
    "version",
    "hub",
    "directory",
    "certificate",
    "users",
    "capacity used",
)

NOTHING = "–"
_SERIOUSNESS = (Status.BROKEN, Status.UNKNOWN, Status.WARNING, Status.GOOD)
"""The most serious first."""

_PROBLEMS = (Status.BROKEN, Status.UNKNOWN)


@dataclass(frozen=True)
class Row:
    """Status of one tenancy in the table. None stands for what is not known or not stated."""

    stack: str
    results: tuple[CheckResult, ...]
    address: str | None = None
    version: str | None = None
    """Version of the program that deployed the tenancy."""
    hub: Status | None = None
    directory: Status | None = None
    certificate_days: int | None = None
    """Whole days until the hub's certificate ends."""
    users_running: int | None = None
    users_expected: int | None = None
    capacity_used: float | None = None
    """Running servers as a part of the notebooks that fit on the stated nodes."""

    @property
    def has_problem(self) -> bool:
        """Whether a check failed or could not run."""
        return any(each.status in _PROBLEMS for each in self.results)

    @property
    def problem(self) -> str:
        """The most serious result that is not good, and how many others there are; empty if there is none."""
        found = sorted(
            (each for each in self.results if each.status is not Status.GOOD),
            key=lambda each: _SERIOUSNESS.index(each.status),
        )
        if not found:
            return ""
        first, *others = found
        text = f"{first.subject}: {first.message.strip().splitlines()[0] if first.message.strip() else first.status}"
        mark = "warning: " if first.status is Status.WARNING else ""
        return f"{mark}{text}{f' (and {len(others)} more)' if others else ''}"

    def cells(self) -> list[str]:
        """Return the cells of the table, in the order of ``HEADINGS``."""
        days = NOTHING if self.certificate_days is None else format_count(self.certificate_days, "day")
        users = f"{_cell(self.users_running)} of {_cell(self.users_expected)}"
        used = NOTHING if self.capacity_used is None else f"{self.capacity_used:.0%}"
        states = (_cell(self.hub), _cell(self.directory))
        return [self.stack, _cell(self.address), _cell(self.version), *states, days, users, used]

    def as_json(self) -> dict[str, Any]:
        """Return the row as an object for ``--json``, with all results."""
        return {
            "stack": self.stack,
            "address": self.address,
            "version": self.version,
            "hub": self.hub,
            "directory": self.directory,
            "certificateDays": self.certificate_days,
            "usersRunning": self.users_running,
            "usersExpected": self.users_expected,
            "capacityUsed": self.capacity_used,
            "hasProblem": self.has_problem,
            "problem": self.problem,
            "results": [each.as_json() for each in self.results],
        }


def make_row(stack: str, tenancy: Tenancy | None, results: Sequence[CheckResult], now: datetime) -> Row:
    """Return the row of a tenancy.

    Args:
        stack: the stack's name.
        tenancy: the tenancy; None if its stack file could not be read.
        results: the results so far of ``status_results``, and those about the stack file.
        now: the time of the checks.
    """
    if tenancy is None:
        return Row(stack, tuple(results))
    details = {each.subject: dict(each.details) for each in results}
    fits = compute_capacity(tenancy)
    running = _count_running(details.get(SERVERS))
    return Row(
        stack=stack,
        results=tuple(results),
        address=f"https://{tenancy.domain}",
        version=details.get(RELEASE, {}).get("version"),
        hub=_worst(each.status for each in results if each.subject in (HUB, HUB_PODS)),
        directory=_worst(each.status for each in results if each.subject.startswith(f"{DIRECTORY} ")),
        certificate_days=_days_left(details.get(HUB_CERTIFICATE, {}).get("ends"), now),
        users_running=running,
        users_expected=fits.expected_users if fits else None,
        capacity_used=None if running is None or not fits or not fits.notebooks else running / fits.notebooks,
    )


def _count_running(details: dict[str, Any] | None) -> int | None:
    return None if details is None else sum(each["phase"] == RUNNING for each in details["servers"])


def _worst(statuses: Iterable[Status]) -> Status | None:
    return min(statuses, key=_SERIOUSNESS.index, default=None)


def _days_left(ends: str | None, now: datetime) -> int | None:
    return None if ends is None else (datetime.fromisoformat(ends) - now) // timedelta(days=1)


def _cell(value: object) -> str:
    return NOTHING if value is None else str(value)
