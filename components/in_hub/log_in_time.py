"""Validity of a log-in by its time. Pure.

A time in the future comes from a clock that was wrong. Taken literally, it would be valid until then, and longer.
"""

CLOCK_SECONDS = 60.0
"""Greatest time by which a log-in may be in the future: a clock is corrected by that much without a mistake."""


def is_valid(logged_in: float, now: float, lasts_seconds: float) -> bool:
    """Return whether a log-in at this time is valid now; 0 is the time of no log-in."""
    return bool(logged_in) and -CLOCK_SECONDS < now - logged_in < lasts_seconds


def is_recent(logged_in: float, compared: float, now: float, seconds: float) -> bool:
    """Return whether a log-in was at most some seconds before a comparison began, or after it."""
    return compared - seconds < logged_in < now + CLOCK_SECONDS
