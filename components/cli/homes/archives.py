"""The archives of former members' homes, from the snapshots of the repository. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any

from components.cli.homes.amounts import UNKNOWN, format_gb, format_time
from components.cli.homes.deletion_plan import Refused
from components.cli.homes.home import Home
from components.cli.restore.plan import claim_of
from components.cli.restore.snapshots import Snapshot

HEADINGS = ("user", "home", "archived (UTC)", "GB", "files", "id")


def select_archives(snapshots: Iterable[Snapshot], user: str | None = None) -> list[Snapshot]:
    """Return the archives, the oldest first, of all homes or of those of a user."""
    return [each for each in snapshots if each.is_archive and each.home and user in (None, each.user)]


def archives_of(snapshots: Iterable[Snapshot], home: Home) -> list[Snapshot]:
    """Return the archives of a home of the account that it is bound to, the oldest first."""
    found = select_archives(snapshots, home.user)
    return [each for each in found if each.home and each.home.user_id == home.user_id]


def is_later(snapshot: Snapshot, archive: Snapshot) -> bool:
    """Return whether a snapshot is of the same home as the archive, and newer."""
    return claim_of(snapshot) == claim_of(archive) and snapshot.time > archive.time


def archive_rows(archives: Sequence[Snapshot]) -> list[list[str]]:
    """Return the rows of archives, by user."""
    return [
        [
            each.user,
            claim_of(each),
            format_time(each.time),
            UNKNOWN if each.size is None else format_gb(each.size),
            UNKNOWN if each.files is None else str(each.files),
            each.short_id,
        ]
        for each in sorted(archives, key=lambda each: (each.user, each.time))
    ]


def archive_as_json(archive: Snapshot) -> dict[str, Any]:
    """Return an archive as an object for ``--json``."""
    return {
        "user": archive.user,
        "userId": (archive.home and archive.home.user_id) or None,
        "claim": claim_of(archive),
        "snapshot": archive.id,
        "archivedAt": archive.time.isoformat(),
        "bytes": archive.size,
        "files": archive.files,
    }


def choose_archives(
    stack: str, user: str, account: str | None, archives: Sequence[Snapshot], homes: Sequence[Home]
) -> list[Snapshot] | Refused:
    """Return the archives of a user to delete, or why none may be deleted.

    Args:
        stack: the stack's name, for suggested commands.
        user: the user.
        account: the ``ipaUniqueID`` of the user's account, if several have had the name.
        archives: all archives of this user name.
        homes: the homes of this user name, and the volumes that are left of them.
    """
    list_command = f"python -m components members list {stack}"
    if not archives:
        return Refused(f"there is no archive of a home of {user}", list_command)
    if unfinished := [home.name for home in homes if home.archive]:
        return Refused(
            f"the archive of {', '.join(unfinished)} is not finished, and its files may soon be nowhere else",
            f"first: python -m components members archive-home {stack} {user}",
        )
    accounts = sorted({each.home.user_id for each in archives if each.home})
    if account is None and len(accounts) == 1:
        return list(archives)
    chosen = [each for each in archives if each.home and each.home.user_id == account]
    if chosen:
        return chosen
    names = ", ".join(each or UNKNOWN for each in accounts)
    asked = f"no archive is of the account {account}" if account else f"several accounts had the name {user}"
    return Refused(f"{asked}; there are archives of {names}", "name one with --account")
