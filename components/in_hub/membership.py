"""Which groups a user is in, asked with the user's own password: the hub has no account in the directory.

FreeIPA shows ``member`` and ``memberOf`` to anybody who is logged in, and to nobody else
(permissions *System: Read Group Membership* and *System: Read User Membership*).
"""

from collections.abc import Collection, Iterator

from ldap3.utils.conv import escape_filter_chars

from components.freeipa.connection import Session, connected
from components.freeipa.settings import Directory


def memberships(directory: Directory, password: str, groups: Collection[str], *, nested: bool) -> frozenset[str]:
    """Those of ``groups``, given by DN, that the user ``directory.bind_dn`` is in. One round trip after the log-in.

    ``nested`` also counts groups that the user is in by way of another group. What the directory does not show
    counts as no membership.

    Raises:
        FreeIpaError: no server could be used, the password was refused, or the question was.
    """
    with connected(directory, password) as session:
        ask = _nested if nested else _direct
        return frozenset(ask(session, directory.bind_dn, groups))


def _direct(session: Session, user: str, groups: Collection[str]) -> Iterator[str]:
    for container in {_parent(group) for group in groups}:
        here = {_first_value(group).lower(): group for group in groups if _parent(group) == container}
        names = "".join(f"(cn={escape_filter_chars(name)})" for name in here)
        where = f"(&(|{names})(member={escape_filter_chars(user)}))"
        for entry in session.children(container, where, ["cn"], f"asking for the groups of {user}") or []:
            yield from (here[name.lower()] for name in entry.get("cn", ()) if name.lower() in here)


def _nested(session: Session, user: str, groups: Collection[str]) -> Iterator[str]:
    # FreeIPA's memberOf plugin writes groups into the user's entry, those reached through other groups too.
    where = f"(uid={escape_filter_chars(_first_value(user))})"
    wanted = {group.lower(): group for group in groups}
    for entry in session.children(_parent(user), where, ["memberOf"], f"asking for the groups of {user}") or []:
        yield from (wanted[dn.lower()] for dn in entry.get("memberof", ()) if dn.lower() in wanted)


def group_name(dn: str) -> str:
    """A group's name: ``modellers`` of ``cn=modellers,cn=groups,…``."""
    return _first_value(dn)


def _parent(dn: str) -> str:
    return dn.partition(",")[2]


def _first_value(dn: str) -> str:
    # FreeIPA's rule for names leaves no character that a DN would escape.
    return dn.partition(",")[0].partition("=")[2]
