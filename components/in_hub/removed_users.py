"""Comparison of users with the directory: which of them are no longer admitted, by the rules of a log-in.

A directory hides what an account may not read, without an error, and a replica that is being set up lacks entries. So
a user counts as removed only if the same session also shows what every FreeIPA has: the group ``admins``, a member of
it, and that member's ``memberOf``. Permissions can change between two searches. So the users who were found to be
removed are compared once more, after that has been checked again.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from ldap3.utils.conv import escape_filter_chars

from components.freeipa.admin_group import FIX, read_admin_group
from components.freeipa.names import SENTINEL_GROUP, first_value, normal_dn, parent, user_dn, users_container
from components.freeipa.session import Session, open_session
from components.freeipa.settings import Directory
from components.in_hub.accounts import Account, find_end, read_accounts, without_visible_id
from components.in_hub.membership import find_groups
from components.in_hub.statement import Statement

OPERATION = "comparing users with their groups"


class CannotCompare(Exception):
    """The account does not see enough of the directory to conclude that a user was removed. The text says what."""


def find_refused(
    directory: Directory,
    password: str,
    statement: Statement,
    users: Mapping[str, str | None],
    now: datetime,
    report: Callable[[str], None] = lambda problem: None,
) -> dict[str, str]:
    """Return the users that are not admitted any more, with the reason.

    Args:
        directory: the servers, and the DN of the account to read with.
        password: the account's password.
        statement: the users who are admitted.
        users: the users to compare, each with the ``ipaUniqueID`` of the account that the hub knows, or None.
        now: the present time.
        report: receives a message about each problem that does not prevent the comparison.

    Raises:
        CannotCompare: the account does not see enough.
        FreeIpaError: the directory could not be read.
    """
    with open_session(directory, password) as session:
        refused = _find_refused(session, directory, statement, users, now, report)
        if not refused:
            return {}
        suspected = {user: known_id for user, known_id in users.items() if user in refused}
        return _find_refused(session, directory, statement, suspected, now, lambda problem: None)


def _find_refused(
    session: Session,
    directory: Directory,
    statement: Statement,
    users: Mapping[str, str | None],
    now: datetime,
    report: Callable[[str], None],
) -> dict[str, str]:
    sentinel = _check_groups(session, statement)
    accounts = read_accounts(session, users_container(statement.suffix), [*users, sentinel])
    _check_sentinel(session, statement, sentinel, accounts)
    if not accounts[sentinel.lower()].shows_state:
        report(
            f"{directory.bind_dn} does not see whether accounts are disabled or expired, so these keep their "
            "access; give it FreeIPA's permission 'System: Read User Kerberos Attributes'"
        )
    if hidden_ids := without_visible_id(accounts, users):
        report(
            f"{directory.bind_dn} does not see the ipaUniqueID of {len(hidden_ids)} of {len(users)} users, so an "
            "account that was created again with a former user's name is not found; give it FreeIPA's permission "
            "'System: Read User IPA Attributes'"
        )
    statement = _without_ordinary_admins(session, statement, report)
    hidden = _groups_without_members(session, statement)
    refused: dict[str, str] = {}
    for user, known_id in users.items():
        account = accounts.get(user.lower())
        reason = find_end(account, known_id, now)
        if reason is None and user not in statement.admin_users:
            reason = _reason_of_groups(session, statement, user, account or Account(), hidden)
        if reason is not None:
            refused[user] = reason
    return refused


def _without_ordinary_admins(session: Session, statement: Statement, report: Callable[[str], None]) -> Statement:
    """Return the statement without the group of admins if a group of ordinary users is nested in it."""
    if not statement.nested_groups or not statement.admin_group:
        return statement
    problem = read_admin_group(session, statement.admin_group).problem
    if not problem:
        return statement
    report(f"nobody is admitted as an admin by group: {problem}; {FIX}")
    return replace(statement, groups=tuple(group for group in statement.groups if group != statement.admin_group))


def _reason_of_groups(
    session: Session, statement: Statement, user: str, account: Account, hidden: frozenset[str]
) -> str | None:
    if find_groups(session, user_dn(statement.suffix, user), statement.groups, nested=statement.nested_groups):
        return None
    for group in hidden & set(map(normal_dn, account.groups)):
        raise CannotCompare(f"the group {first_value(group)} shows no member, but {user} is one")
    return f"no member of {' or '.join(map(first_value, statement.groups))} any more"


def _check_groups(session: Session, statement: Statement) -> str:
    """Check that all groups are visible; return the name of a member of the sentinel group."""
    sentinel = ""
    for container in {parent(group) for group in statement.groups}:
        wanted = {first_value(group).lower() for group in statement.groups if parent(group) == container}
        names = "".join(f"(cn={escape_filter_chars(name)})" for name in wanted)
        found = session.children(container, f"(|{names})", ["cn"], OPERATION)
        missing = wanted - {name.lower() for entry in found for name in entry.get("cn", ())}
        if missing:
            raise CannotCompare(f"the group {', '.join(sorted(missing))} does not exist or is not visible")
        query = f"(cn={SENTINEL_GROUP})"
        for entry in session.children(container, query, ["member"], OPERATION):
            users = [
                dn
                for dn in entry.get("member", ())
                if normal_dn(parent(dn)) == normal_dn(users_container(statement.suffix))
            ]
            sentinel = sentinel or next((first_value(dn) for dn in users), "")
    if not sentinel:
        raise CannotCompare(f"the group {SENTINEL_GROUP} shows no member that is a user")
    return sentinel


def _check_sentinel(session: Session, statement: Statement, sentinel: str, accounts: Mapping[str, Account]) -> None:
    group = f"cn={SENTINEL_GROUP},{parent(statement.groups[0])}"
    account = accounts.get(sentinel.lower())
    if account is None or normal_dn(group) not in map(normal_dn, account.groups):
        raise CannotCompare(f"the user {sentinel} does not show memberOf {SENTINEL_GROUP}")
    if not find_groups(session, user_dn(statement.suffix, sentinel), [group], nested=statement.nested_groups):
        raise CannotCompare(f"the user {sentinel} is not found as a member of {SENTINEL_GROUP}")


def _groups_without_members(session: Session, statement: Statement) -> frozenset[str]:
    """Return the groups, as normalised DNs, that show no member to the account."""
    shown = set()
    for group in statement.groups:
        query = f"(&(cn={escape_filter_chars(first_value(group))})(member=*))"
        if session.children(parent(group), query, ["cn"], OPERATION):
            shown.add(normal_dn(group))
    return frozenset(map(normal_dn, statement.groups)) - shown
