"""Snapshots of a repository, and which of them a restore uses. Pure."""

import base64
import gzip
import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from components.cli.restore.errors import RestoreRefused
from components.in_backup.repository import ARCHIVED, DATABASE, SINCE_ARCHIVE, HomeTags, home_path

SHORT = 8
"""Characters of a snapshot's id that operators see and write."""

SHOWN = 10
"""Snapshots that a message lists."""

_FRACTION = re.compile(r"\.(\d{1,6})\d*")


@dataclass(frozen=True)
class Snapshot:
    """The backup of one home, or of the hub's database, at one time."""

    id: str
    time: datetime
    path: str
    """Path in the snapshot that corresponds to the volume's own folder."""
    home: HomeTags | None = None
    """What is known of the home; None for the hub's database."""
    size: int | None = None
    """Bytes of all files; None if the repository does not record it."""
    files: int | None = None
    is_archive: bool = False
    """Whether it is the archive of a former member's home, which no retention deletes."""

    is_since_archive: bool = False
    """Whether it is a later backup of such a home, which nobody has used since its archive."""

    @property
    def is_of_archived(self) -> bool:
        """Whether the home was archived at its time."""
        return self.is_archive or self.is_since_archive

    @property
    def short_id(self) -> str:
        """The beginning of its id."""
        return self.id[:SHORT]

    @property
    def group(self) -> str:
        """The home that it is a backup of: its claim, whose path was another one in earlier versions."""
        return (self.home.claim or self.path) if self.home else ""

    @property
    def user(self) -> str:
        """The user whose home it is; empty for the hub's database."""
        return self.home.user if self.home else ""

    def __str__(self) -> str:
        """Its id and time, for messages."""
        return f"{self.short_id} of {time_text(self.time)}"


def time_text(time: datetime) -> str:
    """Return a time in UTC, to the minute."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def unpack_snapshots(lines: Iterable[str]) -> list[Mapping[str, Any]]:
    """Return restic's list of snapshots from the lines in which a pod has packed it.

    Raises:
        RestoreRefused: they are incomplete.
    """
    try:
        return list(json.loads(gzip.decompress(base64.b64decode("".join(lines)))))
    except (ValueError, OSError, EOFError, zlib.error):
        raise RestoreRefused("the list of snapshots arrived incomplete; try again") from None


def read_snapshots(listed: Iterable[Mapping[str, Any]], host: str) -> list[Snapshot]:
    """Return the snapshots of a tenancy, the oldest first. Others in the same repository are left out.

    Args:
        listed: restic's list.
        host: the tenancy's name in snapshots.
    """
    found = [_read(each) for each in listed if each.get("hostname") == host]
    return sorted((each for each in found if each), key=lambda each: each.time)


def _read(listed: Mapping[str, Any]) -> Snapshot | None:
    tags, paths = list(listed.get("tags") or []), list(listed.get("paths") or [])
    home = HomeTags.read(tags)
    if not paths or (home is None and DATABASE not in tags):
        return None
    path = str(paths[0]) if home else str(paths[0]).rpartition("/")[0]
    summary = listed.get("summary") or {}  # since restic 0.17
    size, files = summary.get("total_bytes_processed"), summary.get("total_files_processed")
    marks = ARCHIVED in tags, SINCE_ARCHIVE in tags
    return Snapshot(str(listed["id"]), parse_time(str(listed["time"])), path, home, size, files, *marks)


def parse_time(text: str) -> datetime:
    """Return the time that restic writes, with nine digits after the point; without a zone it is UTC.

    Raises:
        ValueError: it is not a time.
    """
    time = datetime.fromisoformat(_FRACTION.sub(r".\1", text))
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def with_sizes(snapshots: Iterable[Snapshot], sizes: Mapping[str, tuple[int, int]]) -> list[Snapshot]:
    """Return the snapshots with the bytes and files that were counted for their ids."""
    return [
        replace(each, size=sizes[each.id][0], files=sizes[each.id][1]) if each.id in sizes else each
        for each in snapshots
    ]


def newest_by_home(snapshots: Iterable[Snapshot]) -> dict[str, Snapshot]:
    """Return the newest snapshot of each home, by its claim, in the order of the paths."""
    newest = {each.group: each for each in sorted(snapshots, key=lambda each: each.time) if each.home}
    return dict(sorted(newest.items(), key=lambda item: (item[1].path, item[0])))


def before(snapshots: Iterable[Snapshot], limit: datetime | None) -> list[Snapshot]:
    """Return the snapshots that are not newer than the limit; all without one."""
    return [each for each in snapshots if limit is None or each.time <= limit]


def select_home(
    snapshots: Sequence[Snapshot], user: str, claim: str | None, wanted: str | None, limit: datetime | None
) -> Snapshot:
    """Return the snapshot of a user's home to restore: the wanted one, else the newest before the limit.

    Args:
        snapshots: the tenancy's snapshots, the oldest first.
        user: the user.
        claim: the claim of a further home of the user; None for the home of the server without a name.
        wanted: the beginning of an id.
        limit: a time.

    Raises:
        RestoreRefused: there is none, or several begin with the wanted id.
    """
    all_homes = [each for each in snapshots if each.home is not None and each.home.user == user]
    # A claim with another name than the user had this path in earlier versions, and has another one in newer backups.
    first = {each.group for each in all_homes if each.path == home_path(user)} if claim is None else {claim}
    own = [each for each in all_homes if each.group in first]
    if claim is None and not own and len({each.group for each in all_homes}) == 1:
        own = all_homes  # its claim has another name, because the user's name has characters that no claim may have
    if all_homes and not own:
        claims = sorted({each.home.claim for each in all_homes if each.home})
        raise RestoreRefused(
            f"there is no backup of {f'a home {claim} of {user}' if claim else f'the first home of {user}'}; there are "
            f"backups of {', '.join(claims)}: write one of them after --claim"
        )
    if not own:
        users = sorted({each.user for each in snapshots if each.user})
        raise RestoreRefused(
            f"there is no backup of a home of {user}; there are backups of {', '.join(users[:SHOWN]) or 'none'}"
            f"{f' and {len(users) - SHOWN} others' if len(users) > SHOWN else ''}"
        )
    if wanted is None:
        in_time = before(own, limit)
        if not in_time:
            raise RestoreRefused(
                f"there is no backup of the home of {user} before {time_text(limit or own[0].time)}; the oldest is "
                f"{own[0]}"
            )
        return in_time[-1]
    found = [each for each in own if each.id.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    if not found:
        shown = "\n".join(f"  {each}" for each in reversed(own[-SHOWN:]))
        raise RestoreRefused(f"no backup of the home of {user} has the id {wanted}; the newest are:\n{shown}")
    raise RestoreRefused(f"{len(found)} backups of the home of {user} have an id that begins with {wanted}; write more")


def select_database(snapshots: Iterable[Snapshot], limit: datetime | None) -> Snapshot:
    """Return the newest snapshot of the hub's database before the limit.

    Raises:
        RestoreRefused: there is none.
    """
    found = [each for each in before(snapshots, limit) if each.home is None]
    if not found:
        raise RestoreRefused(
            f"there is no backup of the hub's database{f' before {time_text(limit)}' if limit else ''}"
        )
    return max(found, key=lambda each: each.time)
