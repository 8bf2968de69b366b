"""Owners of homes that may no longer log in, by the rules of a log-in, read with the program's own account."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ldap3.utils.conv import escape_filter_chars

from components.cli.members import Group
from components.config.tenancy import Tenancy
from components.freeipa.names import users_container
from components.freeipa.session import open_session
from components.freeipa.settings import Directory, check_bind_dn
from components.in_hub.accounts import NO_ACCOUNT
from components.in_hub.admission_settings import AUTHENTICATOR
from components.in_hub.removed_users import find_refused
from components.in_hub.statement import Statement

Owner = tuple[str, str]
"""User's name, and the ``ipaUniqueID`` that the home is bound to; empty if it is not bound."""


@dataclass(frozen=True)
class Absence:
    """Why the owner of a home does not use it any more."""

    reason: str
    is_admitted: bool = False
    """Whether the same account may log in under another name."""


def find_absences(group: Group, owners: Iterable[Owner]) -> dict[Owner, Absence]:
    """Return those of the owners that do not use their home any more.

    Raises:
        CannotCompare: the account does not see enough of the directory to conclude that.
        FreeIpaError: the directory could not be read.
    """
    tenancy = group.tenancy
    directory = replace(tenancy.identity.directory(), bind_dn=check_bind_dn(group.bind_dn))
    statement, found = _statement(tenancy), dict[Owner, Absence]()
    for users in _batches(owners):
        refused = find_refused(directory, group.password, statement, users, datetime.now(UTC))
        found |= {(user, users[user] or ""): Absence(reason) for user, reason in refused.items()}
    gone = [owner for owner, absence in found.items() if absence.reason == NO_ACCOUNT and owner[1]]
    names = _find_names(group, directory, [user_id for _, user_id in gone])
    renamed = {owner: names[owner[1]] for owner in gone if owner[1] in names}
    if renamed:
        users = {new: owner[1] for owner, new in renamed.items()}
        refused = find_refused(directory, group.password, statement, users, datetime.now(UTC))
        found |= {
            owner: Absence(f"the account is called {new} now", is_admitted=new not in refused)
            for owner, new in renamed.items()
        }
    return found


def _statement(tenancy: Tenancy) -> Statement:
    """Return the part of the hub's statement that decides who is admitted."""
    return Statement(
        suffix=tenancy.directory_suffix,
        groups=tuple(dn for dn in (tenancy.notebook_users_group_dn, tenancy.admin_group_dn) if dn),
        admin_group=tenancy.admin_group_dn or "",
        admin_users=tuple(tenancy.identity.admin_users),
        settings={AUTHENTICATOR: {"nested_groups": tenancy.identity.nested_groups}},
    )


def _batches(owners: Iterable[Owner]) -> Iterator[dict[str, str | None]]:
    """Yield the owners in parts that contain each name once: homes of a reused name are bound to several accounts."""
    left = set(owners)
    while left:
        users = dict(sorted(left))
        yield {user: user_id or None for user, user_id in users.items()}
        left -= set(users.items())


def _find_names(group: Group, directory: Directory, unique_ids: list[str]) -> Mapping[str, str]:
    """Return the present names of the accounts with these ids that exist."""
    if not unique_ids:
        return {}
    container, names = users_container(group.tenancy.directory_suffix), dict[str, str]()
    with open_session(directory, group.password) as session:
        for unique_id in unique_ids:
            where = f"(&(objectClass=posixAccount)(ipaUniqueID={escape_filter_chars(unique_id)}))"
            for entry in session.children(container, where, ["uid"], "looking for renamed users"):
                names[unique_id] = str(next(iter(entry.get("uid", ())), ""))
    return names
