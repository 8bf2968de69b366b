"""Annotations on the claim of a home: last start, end of its owner's access, restore, archive, deletion. Pure.

The claim outlives the hub's database and the hub's user, and can be read while the hub does not run.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

LAST_START = "tenancy.pangeo/last-start"
"""Annotation of a home's claim: time of the last start of a server with the home, as ISO 8601."""

AWAY_SINCE = "tenancy.pangeo/away-since"
"""Annotation of a home's claim: since when the owner has no access, as ISO 8601. A start of a server removes it."""

DELETION_BEGUN = "tenancy.pangeo/deletion-begun"
"""Annotation of a home's claim and volume that an operator deletes: since when, as ISO 8601. No server starts with it,
unless it is archived.

A command that was killed leaves it behind. So it holds for ``DELETION_SECONDS``; a start of a server then removes it.
That is safe at any time: the claim is only deleted if nobody changed it after the mark.
"""

DELETION_SECONDS = 600
"""Time that a deletion may need from its mark to the request that deletes the claim; it is a few seconds usually."""

ARCHIVE = "tenancy.pangeo/archive"
"""Annotation of a home's claim that an operator archives: ``ARCHIVE_BEGUN``, then the id of the verified snapshot.

A start of a server removes it, so it also says that nobody has used the home since. The volume gets it with the id
before the claim is deleted.
"""

ARCHIVE_BEGUN = "begun"

ARCHIVED_AT = "tenancy.pangeo/archived-at"
"""Annotation of a home's claim that a run of the backup has archived by itself: when, as ISO 8601.

It counts only beside an id in ``ARCHIVE``. A start of a server removes both.
"""

RESTORING = "tenancy.pangeo/restoring"
"""Annotation of a home's claim into whose place a restore moves files, until all are there: the snapshot's id.

No server starts with this home, and no backup of it is made: it is half restored. A restore that was killed leaves it,
and the next one removes it.
"""


def start_marks(now: datetime) -> dict[str, str | None]:
    """Return the changes of a claim's annotations at the start of a server, which also ends an archive."""
    ended = dict.fromkeys((AWAY_SINCE, ARCHIVE, ARCHIVED_AT, DELETION_BEGUN))
    return {LAST_START: now.isoformat(timespec="seconds"), **ended}


def is_being_deleted(metadata: Any, now: datetime) -> bool:  # noqa: ANN401 - kubernetes_asyncio has no types
    """Return whether the claim with this ``V1ObjectMeta`` is deleted by an operator, or by Kubernetes.

    The deletion after an archive gives way to a user who is admitted again: a claim that was changed is not deleted.
    """
    annotations = metadata.annotations or {}
    begun = read_mark_time(annotations, DELETION_BEGUN)
    is_marked = begun is not None and abs(now - begun) < timedelta(seconds=DELETION_SECONDS)
    return metadata.deletion_timestamp is not None or (is_marked and ARCHIVE not in annotations)


def is_snapshot(mark: str) -> bool:
    """Return whether the text of ``ARCHIVE`` is the id of the verified archive."""
    return mark not in ("", ARCHIVE_BEGUN)


def read_mark_time(annotations: Mapping[str, Any] | None, name: str) -> datetime | None:
    """Return the time in an annotation; None if there is none, or it is not valid."""
    try:
        time = datetime.fromisoformat(str((annotations or {})[name]))
    except (KeyError, ValueError):
        return None
    return time.astimezone(UTC) if time.tzinfo else None
