"""The present groups of users, read with the account that may only read, at a server's start and at each comparison.

A directory hides what an account may not read, without an error. So every answer must also show what every FreeIPA
has: a member of the group ``admins``, with its ``memberOf``, or that group with its ``member``. One that does not is
no reason to take a group from a user.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime

from ldap3.utils.conv import escape_filter_chars

from components.freeipa.names import SENTINEL_GROUP, group_dn, groups_container, normal_dn, user_dn, users_container
from components.freeipa.session import Session
from components.in_hub.accounts import USERS_PER_SEARCH, Account, find_end, read_accounts
from components.in_hub.group_names import hub_groups, names_in
from components.in_hub.membership import find_groups

OPERATION = "reading the groups of users"


class MembershipsHidden(Exception):
    """The account does not see memberships. The text says which."""


def read_groups(
    session: Session,
    suffix: str,
    users: Mapping[str, str | None],
    now: datetime,
    *,
    nested: bool,
    named: Collection[str] = (),
    report: Callable[[str], None] = lambda problem: None,
) -> dict[str, frozenset[str]]:
    """Return the names of the hub's groups of each user; none for an account that ended or was created again.

    Needs one request for all accounts, and for direct memberships one or two more for each user.

    Args:
        session: the log-in of the account that may only read.
        suffix: the directory's suffix.
        users: the users, each with the ``ipaUniqueID`` of the account that the hub knows, or None.
        now: the present time.
        nested: also count membership through another group.
        named: names of groups that the configuration uses.
        report: receives a message about each user who is missing in the result, because a group hides its members.

    Raises:
        MembershipsHidden: the account does not see enough to conclude that anybody left a group.
        FreeIpaError: the directory could not be read.
    """
    found: dict[str, frozenset[str]] = {}
    for chunk in _chunks(list(users)):
        accounts = _read_accounts(session, suffix, chunk)
        for user in chunk:
            account = accounts.get(user.lower())
            if account is None or find_end(account, users[user], now):
                found[user] = frozenset()
                continue
            of_account = hub_groups(names_in(account.groups, [groups_container(suffix)]), named)
            direct = of_account if nested else _direct_groups(session, suffix, user, of_account, named)
            if hidden := _hidden_groups(session, suffix, of_account - direct):
                report(f"{user} keeps the known groups: {', '.join(sorted(hidden))} shows no member")
                continue
            found[user] = direct
    return found


def _chunks(users: list[str]) -> Iterator[list[str]]:
    yield from (users[start : start + USERS_PER_SEARCH] for start in range(0, len(users), USERS_PER_SEARCH))


def _read_accounts(session: Session, suffix: str, users: list[str]) -> dict[str, Account]:
    sentinel = group_dn(suffix, SENTINEL_GROUP)
    accounts = read_accounts(session, users_container(suffix), users, or_members_of=sentinel)
    if not any(normal_dn(sentinel) in map(normal_dn, account.groups) for account in accounts.values()):
        raise MembershipsHidden(f"no user shows memberOf {SENTINEL_GROUP}")
    return accounts


def _direct_groups(
    session: Session, suffix: str, user: str, of_account: frozenset[str], named: Collection[str]
) -> frozenset[str]:
    member = f"(member={escape_filter_chars(user_dn(suffix, user))})"
    query = f"(|{member}(&(cn={SENTINEL_GROUP})(member=*)))"
    entries = session.children(groups_container(suffix), query, ["cn"], OPERATION)
    names = {name for entry in entries for name in entry.get("cn", ())}
    if SENTINEL_GROUP not in {name.lower() for name in names}:
        raise MembershipsHidden(f"the group {SENTINEL_GROUP} shows no member")
    found = hub_groups(names, named)
    # That group is in every answer.
    if SENTINEL_GROUP in found and not (
        SENTINEL_GROUP in of_account
        and find_groups(session, user_dn(suffix, user), [group_dn(suffix, SENTINEL_GROUP)], nested=False)
    ):
        return found - {SENTINEL_GROUP}
    return found


def _hidden_groups(session: Session, suffix: str, groups: frozenset[str]) -> frozenset[str]:
    """Return those of the groups that show no member: others are groups with the user as an indirect member."""
    if not groups:
        return frozenset()
    names = "".join(f"(cn={escape_filter_chars(name)})" for name in sorted(groups))
    entries = session.children(groups_container(suffix), f"(&(|{names})(member=*))", ["cn"], OPERATION)
    return groups - {name.lower() for entry in entries for name in entry.get("cn", ())}
