"""The user's groups and identity, read with the user's own password: the hub has no account in the directory.

FreeIPA shows ``member``, ``memberOf`` and ``ipaUniqueID`` to every authenticated user, and not to anonymous connections
(permissions *System: Read Group Membership*, *System: Read User Membership* and *System: Read User IPA Attributes*).
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ldap3.utils.conv import escape_filter_chars

from components.freeipa.admin_group import read_admin_group
from components.freeipa.connection import Entry
from components.freeipa.names import first_value, parent, unique_id
from components.freeipa.server_health import ServerHealth
from components.freeipa.session import Session, open_session
from components.freeipa.settings import Directory
from components.in_hub.group_names import names_in


@dataclass(frozen=True)
class Membership:
    """Groups and identity of a user."""

    groups: frozenset[str]
    """DNs of those of the wanted groups that the user is a member of."""

    names: frozenset[str]
    """Names of all groups that the user is a member of, in the containers of the wanted ones."""

    unique_id: str | None
    """The account's ``ipaUniqueID``; None if the directory does not show it."""

    admin_problem: str = ""
    """Reason why the user's membership of the group of admins does not count; empty if it does, or there is none."""


def find_memberships(
    directory: Directory,
    password: str,
    groups: Collection[str],
    *,
    nested: bool,
    admin_group: str = "",
    health: ServerHealth | None = None,
) -> Membership:
    """Return the groups that the user ``directory.bind_dn`` is a member of, and the user's ``ipaUniqueID``.

    Needs one request after the log-in for each container of groups, and one for the user's entry. Entries that the
    directory does not show count as no membership. Membership of the group of admins does not count if a group of
    ordinary users is nested in it, which takes one more request for each of its members.

    Args:
        directory: the servers, and the user's DN as ``bind_dn``.
        password: the user's password.
        groups: the DNs of the wanted groups.
        nested: also count membership through another group.
        admin_group: the DN of that group whose members are admins; empty if there is none.
        health: memory of failing servers.

    Raises:
        FreeIpaError: no server can be used, or the directory refused the password or the search.
    """
    with open_session(directory, password, health) as session:
        user = directory.bind_dn
        entries = _read_account(session, user, nested=nested)
        if nested:
            found = frozenset(_nested_groups(entries, groups))
            names = frozenset(names_in(_member_of(entries), set(map(parent, groups))))
        else:
            found, names = _direct_groups(session, user, groups)
        ids = [value for entry in entries for value in entry.get("ipauniqueid", ())]
        problem = _admin_problem(session, admin_group) if nested and admin_group in found else ""
        return Membership(found - {admin_group} if problem else found, names, unique_id(ids), problem)


def _admin_problem(session: Session, admin_group: str) -> str:
    found = read_admin_group(session, admin_group)
    if not found.shows_members:  # then it shows no nested group either
        return f"the members of {found.name} are hidden from its members"
    return found.problem


def find_groups(session: Session, user: str, groups: Collection[str], *, nested: bool) -> frozenset[str]:
    """Return which of ``groups`` the user with the DN ``user`` is a member of, as ``find_memberships`` does.

    Raises:
        FreeIpaError: the directory refused the search.
    """
    if nested:
        return frozenset(_nested_groups(_read_account(session, user, nested=True), groups))
    return _direct_groups(session, user, groups)[0]


def _read_account(session: Session, user: str, *, nested: bool) -> Collection[Entry]:
    query = f"(uid={escape_filter_chars(first_value(user))})"
    attributes = ["ipaUniqueID", *(["memberOf"] if nested else [])]
    return session.children(parent(user), query, attributes, f"reading the account {user}")


def _direct_groups(session: Session, user: str, groups: Collection[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Return which of ``groups`` the user is a direct member of, and the names of all such groups beside them."""
    found, names = set(), set[str]()
    for container in {parent(group) for group in groups}:
        here = {first_value(group).lower(): group for group in groups if parent(group) == container}
        query = f"(member={escape_filter_chars(user)})"
        for entry in session.children(container, query, ["cn"], f"asking for the groups of {user}"):
            found |= {here[name.lower()] for name in entry.get("cn", ()) if name.lower() in here}
            names |= set(entry.get("cn", ()))
    return frozenset(found), frozenset(names)


def _nested_groups(entries: Collection[Entry], groups: Collection[str]) -> Iterator[str]:
    # FreeIPA's memberOf plugin lists direct and nested groups in the user's entry.
    wanted = {group.lower(): group for group in groups}
    yield from (wanted[dn.lower()] for dn in _member_of(entries) if dn.lower() in wanted)


def _member_of(entries: Collection[Entry]) -> Iterator[str]:
    for entry in entries:
        yield from entry.get("memberof", ())
