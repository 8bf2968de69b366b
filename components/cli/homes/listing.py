"""The homes in ``members list``: the rows of members and of former members, and JSON. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from components.cli.homes.amounts import UNKNOWN, format_gb, format_time, format_use
from components.cli.homes.home import Home
from components.cli.homes.owners import Absence, Owner
from components.in_hub.home_marks import is_snapshot

HEADINGS = ("home", "GB", "used GB", "last start (UTC)", "server")
"""Headings of the columns of a home."""

FORMER_HEADINGS = ("user", *HEADINGS[:-1], "away since (UTC)", "state")

NO_HOME = ("–", "", "", "", "")
NOT_READ = (UNKNOWN, "", "", "", "")

USE_UNKNOWN = (
    "used GB is unknown until a server has run with this version of the hub: it reports the use of its home after its "
    "start"
)
START_UNKNOWN = "last start is unknown for homes without a start since version 0.5.0, which records it"

Absences = Mapping[Owner, Absence]


class Order(StrEnum):
    """Orders of the option ``--sort``."""

    USER = "user"
    USED = "used"
    SIZE = "size"
    LAST_START = "last-start"


_KEYS: Mapping[Order, Callable[[Home], Any]] = {
    Order.USED: lambda home: -1 if home.used_part is None else -home.used_part - 1,
    Order.SIZE: lambda home: -home.size,
    Order.LAST_START: lambda home: home.last_start.timestamp() if home.last_start else 0,
}
"""Fullest first, largest first, longest ago first. Homes whose use is not known follow the others."""


def sort_homes(homes: Sequence[Home], order: Order) -> list[Home]:
    """Return the homes in an order; those that are equal in it by user."""
    by_user = sorted(homes, key=lambda home: (home.user, home.name))
    return sorted(by_user, key=_KEYS[order]) if order in _KEYS else by_user


def member_rows(
    members: Sequence[Sequence[str]], homes: Sequence[Home] | None, absences: Absences, order: Order
) -> list[list[str]]:
    """Return the rows of members with their homes; a member with several homes has several rows.

    Args:
        members: the first cells of each member's row; the first of them is the name.
        homes: all homes; None if they could not be read.
        absences: the owners that do not use their homes any more.
        order: the order of the rows.
    """
    if homes is None:
        return [[*cells, *NOT_READ] for cells in members]
    own = sort_homes([home for home in homes if home.claim and home.owner not in absences], order)
    names = [cells[0] for cells in members]
    of_members = [home for home in own if home.user in names]
    if order is Order.USER:
        return [
            [*cells, *row]
            for cells in members
            for row in [_cells(home) for home in of_members if home.user == cells[0]] or [list(NO_HOME)]
        ]
    with_home = {home.user for home in of_members}
    rows = [[*members[names.index(home.user)], *_cells(home)] for home in of_members]
    return rows + [[*cells, *NO_HOME] for cells in members if cells[0] not in with_home]


def users_with_homes(homes: Sequence[Home]) -> list[str]:
    """Return the names of the users with a home."""
    return sorted({home.user for home in homes if home.claim})


def other_homes(homes: Sequence[Home], users: Sequence[str], absences: Absences) -> list[Home]:
    """Return the homes of admitted users that are no members, such as admins."""
    return [home for home in homes if home.claim and home.owner not in absences and home.user not in users]


def former_homes(homes: Sequence[Home], absences: Absences, order: Order) -> list[Home]:
    """Return the homes that their owners do not use any more, and the volumes that are left of homes."""
    return sort_homes([home for home in homes if home.owner in absences or not home.claim], order)


def former_rows(homes: Sequence[Home], absences: Absences) -> list[list[str]]:
    """Return the rows of homes that their owners do not use any more."""
    return [
        [home.user, *_cells(home)[:-1], format_time(home.away_since), describe_state(home, absences)] for home in homes
    ]


def describe_state(home: Home, absences: Absences) -> str:
    """Return why the owner does not use the home any more, and what else happens to it."""
    absence = absences.get(home.owner)
    parts = [absence.reason] if absence else []
    if not home.claim:
        parts = ["only the volume is left"]
    if home.archive:
        parts.append(_describe_archive(home))
    if home.restoring:
        parts.append("a restore of it is not finished")
    if home.deletion:
        parts.append("its deletion has begun")
    if home.server:
        parts.append(f"a server is {home.server}")
    return "; ".join(parts)


def _describe_archive(home: Home) -> str:
    if home.archived_at:
        return f"archived automatically on {home.archived_at:%Y-%m-%d}, but not deleted"
    return "it is archived, but not deleted" if is_snapshot(home.archive) else "its archive has begun"


def explain_unknown(homes: Sequence[Home]) -> Iterator[str]:
    """Yield the reasons for cells that are not known."""
    of_claims = [home for home in homes if home.claim]
    if any(home.use is None for home in of_claims):
        yield USE_UNKNOWN
    if any(home.last_start is None for home in of_claims):
        yield START_UNKNOWN


def home_as_json(home: Home, absences: Absences | None) -> dict[str, Any]:
    """Return a home as an object for ``--json``; ``absences`` is None if it is not known who may log in."""
    absence = (absences or {}).get(home.owner)
    is_former = home.owner in absences or not home.claim if absences is not None else None
    return {
        "user": home.user,
        "userId": home.user_id or None,
        "claim": home.claim or None,
        "volume": home.volume.name if home.volume else None,
        "sizeBytes": int(home.size),
        "usedBytes": home.use.used if home.use else None,
        "usedPart": None if home.used_part is None else round(home.used_part, 4),
        "measuredAt": home.use.at.isoformat() if home.use else None,
        "lastStart": home.last_start.isoformat() if home.last_start else None,
        "server": home.server or None,
        "former": is_former,
        "reason": absence.reason if absence else None,
        "awaySince": home.away_since.isoformat() if is_former and home.away_since else None,
        "deletionBegun": home.deletion or None,
        "archive": home.archive or None,
        "archivedAutomaticallyAt": home.archived_at.isoformat() if home.archived_at else None,
    }


def _cells(home: Home) -> list[str]:
    use = format_use(home) if home.claim else ""
    started = format_time(home.last_start) if home.claim else ""
    return [home.name, format_gb(home.size), use, started, home.server or "–"]
