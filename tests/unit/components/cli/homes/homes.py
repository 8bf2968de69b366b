"""Homes for these tests."""

from datetime import UTC, datetime
from typing import Any

from components.cli.homes.home import Home, Volume
from components.in_hub.home_use import HomeUse

GIB = 2**30
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
ID = "0d0c8e9e-8a5b-11ef-9c3a-5254005e1f0a"


def home(user: str = "alice", *, used_gb: float | None = None, **changes: Any) -> Home:
    claim = f"claim-{user}"
    known: dict[str, Any] = {
        "user": user,
        "user_id": ID,
        "claim": claim,
        "uid": f"uid of {claim}",
        "resource_version": "1",
        "is_of_hub": True,
        "size": 10.0 * GIB,
        "use": None if used_gb is None else HomeUse(int(used_gb * GIB), NOW),
        "volume": Volume(f"pv-{user}", f"uid of pv-{user}", "Delete", "Bound", True, f"uid of {claim}"),
    }
    return Home(**{**known, **changes})
