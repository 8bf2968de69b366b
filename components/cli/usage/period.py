"""The period of a report: days in UTC, both included. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from components.config.problems import InvalidTenancy, Problem


@dataclass(frozen=True)
class Period:
    """Days of a report."""

    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.first} to {self.last} (UTC, both days included)"

    def days(self) -> list[date]:
        """Return all days, the first one first."""
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    def hours_until(self, now: datetime) -> float:
        """Return the hours of the period that have passed."""
        begin = datetime(self.first.year, self.first.month, self.first.day, tzinfo=UTC)
        passed = (now - begin).total_seconds() / 3600
        return max(0.0, min(passed, 24.0 * len(self.days())))


def parse_period(first: str | None, last: str | None, today: date) -> Period:
    """Return the period that the options name; by default from the first of this month until today.

    Raises:
        InvalidTenancy: an option is not a date, the period ends before it begins, or it has not begun yet.
    """
    problems: list[Problem] = []
    days = {"--from": today.replace(day=1), "--to": today}
    for option, text in (("--from", first), ("--to", last)):
        day = days[option] if text is None else _parse_day(text)
        if day is None:
            problems.append(Problem(option, text or "", "is not a date; write for example 2026-11-30"))
        elif option == "--from" and day > today:
            problems.append(Problem(option, str(day), f"is in the future; write {today} or an earlier day"))
        else:
            days[option] = day
    period = Period(days["--from"], days["--to"])
    if not problems and period.last < period.first:
        message = f"is before --from {period.first}; write a later day, or an earlier --from"
        problems.append(Problem("--to", str(period.last), message))
    if problems:
        raise InvalidTenancy("period", problems)
    return period


def _parse_day(text: str) -> date | None:
    """Return the date in the form ``2026-11-30``; None if the text is none. Python also reads other forms."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return day if day.isoformat() == text.strip() else None
