"""The command ``members list``: the members with their homes, the homes of former members, and archives."""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from components.cli import members as membership
from components.cli.accept.reused import find_reused_names
from components.cli.homes import archives, listing
from components.cli.homes.amounts import UNKNOWN
from components.cli.homes.facts import find_homes
from components.cli.homes.home import Home
from components.cli.homes.listing import Order
from components.cli.homes.owners import Absence, Owner, find_absences
from components.cli.members import Group
from components.cli.output import print_json, print_rows
from components.cli.restore.errors import RestoreRefused
from components.cli.restore.snapshots import Snapshot
from components.cluster.errors import CannotAsk
from components.escape import escape_lines
from components.freeipa.errors import FreeIpaError
from components.freeipa.users import Members
from components.in_hub.removed_users import CannotCompare


@dataclass(frozen=True)
class Listing:
    """The members of a tenancy, and what could be read about their homes."""

    group: Group
    members: Members | None
    """None if the directory could not be read."""
    homes: list[Home] | None = None
    """All homes; None if the cluster could not be read."""
    absences: Mapping[Owner, Absence] | None = None
    """The owners that do not use their homes any more; None if the directory does not show it."""
    reused: list[str] | None = None
    """Members whose names belonged to other accounts; None if the cluster could not be read."""
    archives: list[Snapshot] | None = None
    """The archives of homes; None without backups, or if the repository could not be read."""
    problems: tuple[str, ...] = ()

    @property
    def rows(self) -> list[list[str]]:
        """The cells of the members without those of homes."""
        if self.members is None:
            return []
        through = "yes" if self.group.tenancy.identity.nested_groups else "no"
        return [
            *([user, "direct", "yes"] for user in self.members.users),
            *([user, "through a group", through] for user in self.members.indirect_users),
        ]


def read_listing(
    group: Group, environment: Mapping[str, str], read_archives: Callable[[], list[Snapshot] | None] = lambda: None
) -> Listing:
    """Read the members, the homes and the archives. Each is listed without the others.

    Args:
        group: the users' group, with the account to log in to FreeIPA with.
        environment: where ``KUBECONFIG`` and kubectl are looked up.
        read_archives: reads the archives of homes; None without backups.

    Raises:
        MembersRefused: the group does not exist.
        FreeIpaError: neither the directory nor the cluster could be read.
    """
    listed = _read_homes(group, environment)
    if listed.homes is None:
        return listed
    try:
        return replace(listed, archives=read_archives())
    except (CannotAsk, RestoreRefused) as failure:
        problem = f"which homes are archived is not known: {failure}"
        return replace(listed, problems=(*listed.problems, problem))


def _read_homes(group: Group, environment: Mapping[str, str]) -> Listing:
    try:
        members = membership.list_members(group)
    except FreeIpaError as failure:
        return _read_homes_alone(group, environment, failure)
    try:
        reused = find_reused_names(group.tenancy, members.unique_ids, environment)
        homes = find_homes(group.tenancy, environment)
    except CannotAsk as failure:
        problem = f"whether names were given to other persons was not checked, and homes are not known: {failure}"
        return Listing(group, members, problems=(problem,))
    try:
        absences = find_absences(group, {home.owner for home in homes if home.claim})
    except (CannotCompare, FreeIpaError) as failure:
        problem = f"which homes belong to former members is not known: {failure}"
        return Listing(group, members, homes, None, reused, problems=(problem,))
    return Listing(group, members, homes, absences, reused)


def _read_homes_alone(group: Group, environment: Mapping[str, str], failure: FreeIpaError) -> Listing:
    """Return the homes without the members, which the directory does not show.

    Raises:
        FreeIpaError: the cluster could not be read either.
    """
    try:
        homes = find_homes(group.tenancy, environment)
    except CannotAsk:
        raise failure from None
    problem = f"members, and which homes belong to former members, are not known: {failure}"
    return Listing(group, None, homes, problems=(problem,))


def print_listing(listed: Listing, order: Order, *, as_json: bool) -> None:
    """Print the members and the homes, and each problem on standard error."""
    for problem in listed.problems:
        print(escape_lines(problem), file=sys.stderr)
    if as_json:
        print_json(as_object(listed))
        return
    absences = listed.absences or {}
    members_rows = listed.rows
    if listed.members is None:
        members_rows = [[user, UNKNOWN, UNKNOWN] for user in listing.users_with_homes(listed.homes or [])]
    rows = listing.member_rows(members_rows, listed.homes, absences, order)
    print_rows(["user", "member", "may log in", *listing.HEADINGS], rows)
    if (members := listed.members) is not None:
        groups = f"; groups in it: {', '.join(members.groups)}" if members.groups else ""
        print(f"{listed.group.name}: {len(members.users)} direct members{groups}")
    for line in _notes(listed):
        print(line)
    former = listing.former_homes(listed.homes or [], absences, order)
    if former:
        print("\nHomes that their owners do not use any more:")
        print_rows(listing.FORMER_HEADINGS, listing.former_rows(former, absences))
        if listed.group.tenancy.backup:
            print(f"→ to archive one: python -m components members archive-home {listed.group.stack} {former[0].user}")
        archived = next((home for home in former if home.archived_at), None)
        if archived:
            stack = listed.group.stack
            print(f"→ to delete an archived one: python -m components members archive-home {stack} {archived.user}")
        print(f"→ to delete one: python -m components members delete-home {listed.group.stack} {former[0].user}")
    if listed.archives:
        print("\nArchived homes:")
        print_rows(archives.HEADINGS, archives.archive_rows(listed.archives))
        print(f"→ to restore one: python -m components backup restore {listed.group.stack} --user NAME --snapshot ID")


def as_object(listed: Listing) -> dict[str, Any]:
    """Return the object for ``--json``."""
    homes, members = None, listed.members
    if listed.homes is not None:
        homes = [listing.home_as_json(home, listed.absences) for home in listed.homes]
    return {
        "group": listed.group.name,
        "users": members.users if members else None,
        "byWayOfGroups": members.indirect_users if members else None,
        "nestedGroupsCount": listed.group.tenancy.identity.nested_groups,
        "groups": members.groups if members else None,
        "others": members.others if members else None,
        "reusedNames": listed.reused,
        "homes": homes,
        "archives": None if listed.archives is None else list(map(archives.archive_as_json, listed.archives)),
        "problems": listed.problems,
    }


def _notes(listed: Listing) -> Iterator[str]:
    yield from listing.explain_unknown(listed.homes or [])
    if listed.members is None:
        return
    users = [*listed.members.users, *listed.members.indirect_users]
    for home in listing.other_homes(listed.homes or [], users, listed.absences or {}):
        yield f"{home.user}, who is no member of the group, has the home {home.name}"
    for user in listed.reused or ():
        fix = f"python -m components members accept {listed.group.stack} {user} --same-person (or --new-person)"
        yield f"{user}: the name belonged to another FreeIPA account before, so its log-in is refused\n→ {fix}"
