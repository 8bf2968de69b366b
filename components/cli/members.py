"""The commands ``members list``, ``add`` and ``remove`` for the tenancy's FreeIPA group. No entry is deleted."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from components.cli import audit_log
from components.cli.admitted_groups import find_admitted_groups
from components.cli.audit_log import DONE, NOT_KNOWN, AuditLog, Entry
from components.config.tenancy import Tenancy
from components.freeipa.errors import AnswerLost, OtherResult
from components.freeipa.names import group_dn
from components.freeipa.settings import check_bind_dn
from components.freeipa.users import Account, Members, Users, open_users

Change = Literal["add", "remove"]


class MembersRefused(Exception):
    """No change was made, or not all changes. The text contains a line for each problem."""


@dataclass(frozen=True)
class Group:
    """The group of a tenancy's users, and the account to log in to FreeIPA with."""

    tenancy: Tenancy
    stack: str
    bind_dn: str
    password: str

    @property
    def name(self) -> str:
        """The group's name in FreeIPA."""
        return self.tenancy.notebook_users_group


def list_members(group: Group) -> Members:
    """Return the members of the group.

    Raises:
        MembersRefused: the group does not exist.
        FreeIpaError: the directory could not be read.
    """
    with _open(group) as directory:
        return directory.members(group.name)


def change_members(
    group: Group, change: Change, users: Sequence[str], log: AuditLog, report: Callable[[str], None]
) -> list[str]:
    """Add users to the group or remove them; return their names. All users are looked up before the first change.

    Args:
        group: the group.
        change: the change to make.
        users: user names, in upper or lower case.
        log: records each change.
        report: receives one line for each user.

    Raises:
        MembersRefused: a user or the group does not exist, the log cannot be written, or an answer was lost.
        FreeIpaError: the directory could not be read, or refused a change.
    """
    prepare_log(log)
    with _open(group) as directory:
        found = _find_users(directory, list(dict.fromkeys(users)))
        for user in found:
            if directory.is_direct_member(group.name, user) == (change == "add"):
                report(f"{user} is already {'' if change == 'add' else 'not '}in {group.name}: nothing to do")
            else:
                report(str(_change(group, directory, change, user, log)))
    return found


def find_admitted(group: Group, users: Sequence[str]) -> dict[str, str]:
    """Return those of the users that may still log in, each with the reason.

    Raises:
        FreeIpaError: the directory could not be read.
    """
    admitted = {}
    with _open(group) as directory:
        for user in users:
            reason = _find_admission(group.tenancy, directory, user)
            if reason is not None:
                admitted[user] = reason
    return admitted


def find_unique_ids(group: Group, users: Sequence[str]) -> dict[str, str]:
    """Return the ``ipaUniqueID`` of those of the users whose account shows it.

    Raises:
        FreeIpaError: the directory could not be read.
    """
    with _open(group) as directory:
        accounts = {user: directory.find_user(user) for user in users}
    return {user: account.unique_id for user, account in accounts.items() if account and account.unique_id}


def _find_admission(tenancy: Tenancy, directory: Users, user: str) -> str | None:
    account = directory.find_user(user)
    if account is None or account.is_locked:
        return None
    if user in tenancy.identity.admin_users:
        return "is in identity.adminUsers"
    for name in find_admitted_groups(tenancy, directory):
        if directory.is_direct_member(name, user):
            return f"is a member of {name}"
        if not tenancy.identity.nested_groups:
            continue
        # Groups in the group, by whose entries the removal has changed nothing.
        for inner in directory.members(name).groups:
            if group_dn(tenancy.directory_suffix, inner).lower() in account.groups:
                return f"is a member of {inner}, which is in {name} (identity.nestedGroups)"
    return None


def record_end_of_access(group: Group, user: str, log: AuditLog, *, is_ended: bool) -> None:
    """Record in the log that a user's access at the hub ended, or that it is not known.

    Raises:
        MembersRefused: the log cannot be written.
    """
    entry = new_entry(group, user, "end access")
    record(replace(entry, who="", outcome=DONE if is_ended else NOT_KNOWN), log)


def new_entry(group: Group, user: str, change: str) -> Entry:
    """Return the log's entry of a change that the group's account makes now and completes."""
    return Entry(
        time=audit_log.now(),
        who=group.bind_dn,
        operator=audit_log.operator(),
        stack=group.stack,
        group=group.name,
        change=change,
        user=user,
        outcome=DONE,
    )


def _change(group: Group, directory: Users, change: Change, user: str, log: AuditLog) -> Entry:
    make = directory.add_member if change == "add" else directory.remove_member
    entry = new_entry(group, user, change)
    try:
        make(group.name, user)
    except AnswerLost as lost:
        record(replace(entry, outcome=NOT_KNOWN), log)
        raise MembersRefused(
            f"{lost.attempt}: the connection was lost before the answer, so whether the change was made is not known; "
            f"see: python -m components members list {group.stack}"
        ) from None
    except OtherResult:
        # 389-ds refuses a change that another operator has made in the meantime.
        if directory.is_direct_member(group.name, user) != (change == "add"):
            raise
    except KeyboardInterrupt:
        record(replace(entry, outcome=NOT_KNOWN), log)
        raise
    record(entry, log)
    return entry


def find_account(group: Group, user: str) -> Account:
    """Return the user's account in FreeIPA.

    Raises:
        MembersRefused: there is no such user, or the tenancy's group does not exist.
        FreeIpaError: the directory could not be read.
    """
    with _open(group) as directory:
        account = directory.find_user(_find_users(directory, [user])[0])
    if account is None:
        raise MembersRefused(f"{user} was deleted from FreeIPA meanwhile; try again")
    return account


def prepare_log(log: AuditLog) -> None:
    """Create the log's file.

    Raises:
        MembersRefused: it cannot be written.
    """
    try:
        log.prepare()
    except OSError as failure:
        message = f"{log.path}: cannot be written: {failure.strerror}; write another file with --log"
        raise MembersRefused(message) from None


def record(entry: Entry, log: AuditLog) -> None:
    """Append the entry to the log.

    Raises:
        MembersRefused: the log cannot be written. The text contains the entry.
    """
    try:
        log.write(entry)
    except OSError as failure:
        message = f"{log.path}: cannot be written: {failure.strerror}; keep this record yourself: {entry}"
        raise MembersRefused(message) from None


def _find_users(directory: Users, users: Sequence[str]) -> list[str]:
    """Return the user names as FreeIPA spells them.

    Raises:
        MembersRefused: a user does not exist.
    """
    found: dict[str, None] = {}
    problems = []
    for user in users:
        account = directory.find_user(user)
        if account is not None:
            found[account.uid] = None
            continue
        nearest = directory.nearest(user)
        hint = f"did you mean {nearest}?" if nearest else "see ipa user-find"
        problems.append(f"  {user}: there is no such user in FreeIPA; {hint}")
    if problems:
        title = f"nothing was changed, because of {len(problems)} of {len(users)} users:"
        raise MembersRefused("\n".join([title, *problems]))
    return list(found)


@contextmanager
def _open(group: Group) -> Iterator[Users]:
    directory = replace(group.tenancy.identity.directory(), bind_dn=check_bind_dn(group.bind_dn))
    with open_users(directory, group.tenancy.directory_suffix, group.password) as users:
        if users.find_group(group.name) is None:
            raise MembersRefused(f"there is no group {group.name} in FreeIPA; pulumi up creates it")
        yield users
