"""Claims of homes with the marks of the hub."""

from datetime import UTC, datetime, timedelta
from typing import Any

from components.in_hub.home_marks import AWAY_SINCE
from components.in_hub.user_id import NAME_ANNOTATION

NOW = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
DAYS = 180


def time_before(days: float) -> str:
    return (NOW - timedelta(days=days)).isoformat(timespec="seconds")


def claim(user: str, *, away: float | None = None, phase: str = "Bound", **marks: str) -> dict[str, Any]:
    """Return the claim of a home.

    Args:
        user: the owner.
        away: days without access; None for a user with access.
        phase: the claim's phase.
        marks: further annotations, without their prefix and with underscores for dashes.
    """
    absence = {} if away is None else {AWAY_SINCE: time_before(away)}
    further = {f"tenancy.pangeo/{key.replace('_', '-')}": text for key, text in marks.items()}
    return {
        "metadata": {
            "name": f"claim-{user}",
            "uid": f"uid of {user}",
            "resourceVersion": "1",
            "annotations": {NAME_ANNOTATION: user, **absence, **further},
        },
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}},
        "status": {"phase": phase},
    }
