"""Annotations on the claim of a home about its use: the last start, the end of its owner's access, a deletion. Pure.

The claim outlives the hub's database and the hub's user, and can be read while the hub does not run.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

LAST_START = "tenancy.pangeo/last-start"
"""Annotation of a home's claim: time of the last start of a server with the home, as ISO 8601."""

AWAY_SINCE = "tenancy.pangeo/away-since"
"""Annotation of a home's claim: since when the owner has no access, as ISO 8601. A start of a server removes it."""

DELETION_BEGUN = "tenancy.pangeo/deletion-begun"
"""Annotation of a home's claim and volume that an operator deletes. No server starts with this home any more."""


def start_marks(now: datetime) -> dict[str, str | None]:
    """Return the changes of a claim's annotations at the start of a server."""
    return {LAST_START: now.isoformat(timespec="seconds"), AWAY_SINCE: None}


def is_being_deleted(metadata: Any) -> bool:  # noqa: ANN401 - kubernetes_asyncio has no types
    """Return whether the claim with this ``V1ObjectMeta`` is deleted by an operator, or by Kubernetes."""
    return metadata.deletion_timestamp is not None or DELETION_BEGUN in (metadata.annotations or {})


def read_mark_time(annotations: Mapping[str, Any] | None, name: str) -> datetime | None:
    """Return the time in an annotation; None if there is none, or it is not valid."""
    try:
        time = datetime.fromisoformat(str((annotations or {})[name]))
    except (KeyError, ValueError):
        return None
    return time.astimezone(UTC) if time.tzinfo else None
