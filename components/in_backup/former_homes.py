"""The choice of former members' homes that a run archives by itself. Pure.

The hub records on a home since when its owner has no access, and removes the record at the next start of a server. It
records that only for users that an operator has removed, or that a complete comparison with the directory has found to
be removed: a directory that does not answer, or hides its members, begins no time.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from components.in_backup.volumes import Volume, read_volumes
from components.in_hub.home_marks import (
    ARCHIVE,
    AWAY_SINCE,
    DELETION_BEGUN,
    DELETION_SECONDS,
    LAST_START,
    RESTORING,
    is_snapshot,
    read_mark_time,
)

MOST_HOMES = 10
"""Number of homes that a run archives at most, so that the first one with the setting, or a mistake, has a limit."""

Object = Mapping[str, Any]


@dataclass(frozen=True)
class FormerHome:
    """A home whose owner has had no access for long enough."""

    volume: Volume
    away_since: str
    """The hub's record."""


@dataclass(frozen=True)
class Choice:
    """The homes of a run."""

    homes: tuple[FormerHome, ...]
    """The homes to archive, the longest without access first."""
    left_out: Mapping[str, str]
    """Reasons why a home that is due is not archived, by its claim."""


def choose_homes(
    claims: Sequence[Object], used: Collection[str], incomplete: Mapping[str, str], now: datetime, days: int
) -> Choice:
    """Return the homes that a run archives.

    A home that a pod uses waits for a later run: a server that was to go on after the end of the access, or a restore.

    Args:
        claims: the claims of the namespace.
        used: names of the claims that pods use.
        incomplete: reasons why the run's own backups of homes are incomplete or missing, by the user's name.
        now: the time.
        days: days without access.
    """
    due = [each for each in _find_due(claims, now, days) if each.volume.claim not in used]
    left_out = {each.volume.claim: incomplete[each.volume.user] for each in due if each.volume.user in incomplete}
    return Choice(tuple(each for each in due if each.volume.claim not in left_out)[:MOST_HOMES], left_out)


def _find_due(claims: Sequence[Object], now: datetime, days: int) -> list[FormerHome]:
    by_name = {str(each["metadata"]["name"]): each["metadata"].get("annotations") or {} for each in claims}
    found = []
    for volume in read_volumes(claims):
        annotations = by_name[volume.claim]
        away = read_mark_time(annotations, AWAY_SINCE)
        if not volume.user or away is None or now - away < timedelta(days=days):
            continue
        if not any(_obstacles(annotations, away, now)):
            found.append((away, FormerHome(volume, str(annotations[AWAY_SINCE]))))
    return [each for _, each in sorted(found, key=lambda pair: (pair[0], pair[1].volume.claim))]


def _obstacles(annotations: Mapping[str, Any], away: datetime, now: datetime) -> Iterator[bool]:
    yield is_snapshot(str(annotations.get(ARCHIVE) or ""))  # archived, and unused since
    yield RESTORING in annotations
    started = read_mark_time(annotations, LAST_START)
    yield started is not None and started > away
    deletion = read_mark_time(annotations, DELETION_BEGUN)
    yield deletion is not None and abs(now - deletion) < timedelta(seconds=DELETION_SECONDS)
