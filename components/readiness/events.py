"""Events of Kubernetes objects. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from components.readiness.finding import printable
from components.readiness.objects import Object, field


def latest(events: Iterable[Object], *reasons: str) -> Object | None:
    """Return the most recent event with one of the reasons; None if there is none."""
    matching = [each for each in events if each.get("reason") in reasons]
    return max(matching, key=_time, default=None)


def message(event: Object | None) -> str:
    """Return the event's message in a form that may be printed; empty for None."""
    return printable(event.get("message")) if event else ""


def is_older(event: Object, than: Object | None, seconds: float) -> bool:
    """Return whether the event last occurred more than ``seconds`` before the other one; not for unreadable times."""
    if than is None:
        return False
    try:
        first, second = (datetime.fromisoformat(_time(each)) for each in (event, than))
        return second - first > timedelta(seconds=seconds)
    except (ValueError, TypeError):
        return False


def _time(event: Object) -> str:
    """Return the time of the last occurrence. Times in UTC with the same number of digits sort as texts."""
    found = (
        event.get("lastTimestamp")
        or field(event, "series", "lastObservedTime")
        or event.get("eventTime")
        or field(event, "metadata", "creationTimestamp")
    )
    return str(found or "")
