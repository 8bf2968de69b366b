"""The command ``backup list``: rows and JSON of the snapshots. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from components.cli.restore.plan import Claim, claim_of
from components.cli.restore.snapshots import Snapshot, time_text
from components.in_backup.repository import DATABASE

HOME_HEADINGS = ("home", "newest backup", "id", "size", "files", "backups", "since", "home now")
SNAPSHOT_HEADINGS = ("time", "id", "claim", "size", "files")

MEBIBYTE = 1024**2


def group_by_home(snapshots: Iterable[Snapshot]) -> dict[str, list[Snapshot]]:
    """Return the snapshots of each home by its claim, the oldest first; the hub's database comes first."""
    groups: dict[str, list[Snapshot]] = {}
    for each in sorted(snapshots, key=lambda found: (found.home is not None, found.user, found.group, found.time)):
        groups.setdefault(each.group, []).append(each)
    return groups


def home_rows(groups: Mapping[str, Sequence[Snapshot]], claims: Mapping[str, Claim]) -> list[list[str]]:
    """Return a row for each home, and one for the hub's database."""
    rows = []
    for group in groups.values():
        newest, oldest = group[-1], group[0]
        rows.append(
            [
                subject(newest),
                time_text(newest.time),
                newest.short_id,
                size_text(newest.size),
                "" if newest.files is None else str(newest.files),
                str(len(group)),
                time_text(oldest.time),
                _present_state(newest, claims),
            ]
        )
    return rows


def _present_state(newest: Snapshot, claims: Mapping[str, Claim]) -> str:
    if newest.home is None:
        return ""
    if claim_of(newest) in claims:
        return "exists"
    return "archived" if newest.is_of_archived else "does not exist"


def snapshot_rows(snapshots: Iterable[Snapshot]) -> list[list[str]]:
    """Return a row for each snapshot, the newest first."""
    return [
        [
            time_text(each.time),
            each.short_id,
            claim_of(each),
            size_text(each.size),
            "" if each.files is None else str(each.files),
        ]
        for each in sorted(snapshots, key=lambda found: found.time, reverse=True)
    ]


def as_json(groups: Mapping[str, Sequence[Snapshot]], claims: Mapping[str, Claim]) -> list[dict[str, Any]]:
    """Return the homes with all their snapshots."""
    return [
        {
            "user": group[-1].user or None,
            "kind": "home" if group[-1].home else DATABASE,
            "claim": claim_of(group[-1]) or None,
            "exists": claim_of(group[-1]) in claims if group[-1].home else None,
            "snapshots": [
                {
                    "id": each.id,
                    "time": each.time.isoformat(),
                    "bytes": each.size,
                    "files": each.files,
                    "userId": each.home.user_id if each.home else None,
                    "homeGb": each.home.size_gb if each.home else None,
                    "archive": each.is_archive,
                }
                for each in group
            ],
        }
        for group in groups.values()
    ]


def subject(snapshot: Snapshot) -> str:
    """Return the user whose home it is, with the claim of a further home; or that it is the hub's database."""
    if snapshot.home is None:
        return "(hub database)"
    _, at, claim = snapshot.path.rpartition("/")[2].partition("@")
    return f"{snapshot.user} ({claim})" if at else snapshot.user


def size_text(size: int | None) -> str:
    """Return a number of bytes in MB or GB; empty if it is not known."""
    if size is None:
        return ""
    return f"{size / MEBIBYTE:.1f} MB" if size < 1024 * MEBIBYTE else f"{size / MEBIBYTE / 1024:.2f} GB"
