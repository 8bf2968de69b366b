"""The user's groups, read with the user's own password: the hub has no account in the directory.

FreeIPA shows ``member`` and ``memberOf`` to every authenticated user, and not to anonymous connections
(permissions *System: Read Group Membership* and *System: Read User Membership*).
"""

from collections.abc import Collection, Iterator

from ldap3.utils.conv import escape_filter_chars

from components.freeipa.server_health import ServerHealth
from components.freeipa.session import Session, open_session
from components.freeipa.settings import Directory


def find_memberships(
    directory: Directory, password: str, groups: Collection[str], *, nested: bool, health: ServerHealth | None = None
) -> frozenset[str]:
    """Return which of ``groups`` the user ``directory.bind_dn`` is a member of. Needs one request after the log-in.

    Entries that the directory does not show count as no membership.

    Args:
        directory: the servers, and the user's DN as ``bind_dn``.
        password: the user's password.
        groups: the DNs of the groups to look for.
        nested: also count membership through another group.
        health: memory of failing servers.

    Raises:
        FreeIpaError: no server can be used, or the directory refused the password or the search.
    """
    with open_session(directory, password, health) as session:
        search = _search_nested if nested else _search_direct
        return frozenset(search(session, directory.bind_dn, groups))


def _search_direct(session: Session, user: str, groups: Collection[str]) -> Iterator[str]:
    for container in {_parent(group) for group in groups}:
        here = {_first_value(group).lower(): group for group in groups if _parent(group) == container}
        names = "".join(f"(cn={escape_filter_chars(name)})" for name in here)
        query = f"(&(|{names})(member={escape_filter_chars(user)}))"
        for entry in session.children(container, query, ["cn"], f"asking for the groups of {user}") or []:
            yield from (here[name.lower()] for name in entry.get("cn", ()) if name.lower() in here)


def _search_nested(session: Session, user: str, groups: Collection[str]) -> Iterator[str]:
    # FreeIPA's memberOf plugin lists direct and nested groups in the user's entry.
    query = f"(uid={escape_filter_chars(_first_value(user))})"
    wanted = {group.lower(): group for group in groups}
    for entry in session.children(_parent(user), query, ["memberOf"], f"asking for the groups of {user}") or []:
        yield from (wanted[dn.lower()] for dn in entry.get("memberof", ()) if dn.lower() in wanted)


def group_name(dn: str) -> str:
    """Return a group's name: ``modellers`` for ``cn=modellers,cn=groups,…``."""
    return _first_value(dn)


def _parent(dn: str) -> str:
    return dn.partition(",")[2]


def _first_value(dn: str) -> str:
    # FreeIPA allows no character in names that would be escaped in a DN.
    return dn.partition(",")[0].partition("=")[2]
