"""The sums of a report, by user and by group. Pure.

Every sum is that of numbers that were rounded before, so that the lines of a table add up to its total.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from components.cli.usage.hub_usage import Record, Use
from components.cli.usage.period import Period
from components.config.types import format_count, format_number
from components.in_hub.object_kinds import KIND_OF_COMPONENT
from components.in_hub.usage_amounts import HOMES

COLUMNS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    **{
        f"{unit}_hours": (f"{heading} h", tuple(f"{kind}_{unit}_hours" for kind in KIND_OF_COMPONENT.values()))
        for unit, heading in (("cpu", "CPU"), ("memory_gb", "memory GB"), ("gpu", "GPU"))
    },
    "server_hours": ("server h", ("server_hours",)),
    "dask_cluster_hours": ("Dask cluster h", ("dask_scheduler_hours",)),
    "dask_worker_cpu_hours": ("Dask worker CPU h", ("dask_worker_cpu_hours",)),
    "dask_worker_memory_gb_hours": ("Dask worker GB h", ("dask_worker_memory_gb_hours",)),
    "home_gb_days": ("home GB days", (HOMES,)),
}
"""Columns by their key: the heading, and the recorded amounts that they add. The first three include Dask."""

MEAN_HOME = "home_gb"
"""Key of a further column: the mean size of homes in the observed time."""

HEADINGS = {**{key: heading for key, (heading, _) in COLUMNS.items()}, MEAN_HOME: "home GB (mean)"}

NO_GROUP = "(no group)"

_PLACES = Decimal("0.01")
LONGEST_LIST = 10
"""Most days that a note lists."""

Sums = dict[str, Decimal]


@dataclass(frozen=True)
class Line:
    """A line of the report."""

    name: str
    user_id: str
    """Empty for groups and the total, and for users whose id the hub did not know."""
    sums: Mapping[str, Decimal]


@dataclass(frozen=True)
class Report:
    """The report of a stack and a period."""

    stack: str
    period: Period
    users: tuple[Line, ...]
    groups: tuple[Line, ...]
    total: Line
    notes: tuple[str, ...]
    """Lines about the observed time and the meaning of the numbers."""


def make_report(stack: str, period: Period, record: Record) -> Report:
    """Return the report."""
    observed = sum(record.observed.values())
    users: dict[tuple[str, str], Sums] = {}
    groups: dict[str, Sums] = {}
    for use in _with_known_ids(record.uses):
        sums = _rounded(use)
        _add(users.setdefault((use.user, use.user_id), {}), sums)
        for group in use.groups or {NO_GROUP}:
            _add(groups.setdefault(group, {}), sums)
    total: Sums = {}
    for sums in users.values():
        _add(total, sums)
    return Report(
        stack,
        period,
        tuple(_line(name, user_id, sums, observed) for (name, user_id), sums in sorted(users.items())),
        tuple(_line(name, "", sums, observed) for name, sums in sorted(groups.items())),
        _line("total", "", total, observed),
        tuple(_notes(period, record, observed)),
    )


def _with_known_ids(uses: Iterable[Use]) -> list[Use]:
    """Return the same amounts, with an unknown id replaced by that of the only account with the name."""
    found = list(uses)
    ids: dict[str, set[str]] = {}
    for use in found:
        ids.setdefault(use.user, set()).update(filter(None, [use.user_id]))
    return [
        Use(use.user, next(iter(ids[use.user])), use.groups, use.amounts)
        if not use.user_id and len(ids[use.user]) == 1
        else use
        for use in found
    ]


def _rounded(use: Use) -> Sums:
    return {
        key: Decimal(repr(sum(use.amounts[name] for name in names))).quantize(_PLACES)
        for key, (_, names) in COLUMNS.items()
    }


def _add(total: Sums, more: Mapping[str, Decimal]) -> None:
    for key, value in more.items():
        total[key] = total.get(key, Decimal(0)) + value


def _line(name: str, user_id: str, sums: Mapping[str, Decimal], observed_hours: float) -> Line:
    values = {key: sums.get(key, Decimal(0)).quantize(_PLACES) for key in COLUMNS}
    days = Decimal(repr(observed_hours)) / 24
    mean = (values["home_gb_days"] / days if days else Decimal(0)).quantize(_PLACES)
    return Line(name, user_id, {**values, MEAN_HOME: mean})


def _notes(period: Period, record: Record, observed: float) -> Iterable[str]:
    passed = period.hours_until(record.now)
    share = min(1.0, observed / passed) if passed else 0.0
    yield (
        f"observed: {_hours(observed)} of the {_hours(passed)} hours of the period until now ({share:.1%}); nothing is "
        "added for the rest"
    )
    if record.begin is None or record.begin > period.first:
        yield f"the record begins on {record.begin}" if record.begin else "there is no record yet"
    if gaps := _gaps(period, record):
        more = f" and {format_count(len(gaps) - LONGEST_LIST, 'other day')}" if len(gaps) > LONGEST_LIST else ""
        yield f"days that were not observed as a whole: {', '.join(gaps[:LONGEST_LIST])}{more}"
    if record.problem:
        yield f"at present: {record.problem}"
    if record.note:
        yield record.note
    yield "reserved amounts (requests, which are the limits), with Dask; 1 GB is 1024³ bytes"
    yield "a user in several groups counts in each of them, so groups may add up to more than the total"


def _gaps(period: Period, record: Record) -> list[str]:
    found = []
    for day in period.days():
        if record.begin is None or day < record.begin or day > record.now.date():
            continue
        passed = Period(day, day).hours_until(record.now)
        # Up to three minutes are the interval of the samples and restarts of the hub.
        if passed - record.observed.get(day, 0.0) > timedelta(minutes=3) / timedelta(hours=1):
            found.append(f"{day} ({_hours(record.observed.get(day, 0.0))} of {_hours(passed)} h)")
    return found


def _hours(hours: float) -> str:
    return format_number(round(hours, 2))
