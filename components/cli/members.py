"""Who may log in: list, add, remove in FreeIPA, each change with who and when in the journal. Deletes no entry."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from components.cli import audit_log
from components.cli.audit_log import DONE, NOT_KNOWN, AuditLog, Entry
from components.config.tenancy import Tenancy
from components.freeipa.errors import AnswerLost, OtherResult
from components.freeipa.settings import account
from components.freeipa.users import Members, People, people

ADD, REMOVE = "add", "remove"

Say = Callable[[str], None]


class MembersRefused(Exception):
    """Nothing was changed, or not all of it; the text says what and why, a line for each problem."""


@dataclass(frozen=True)
class Asked:
    """Whose group, and as whom FreeIPA is asked."""

    tenancy: Tenancy
    stack: str
    bind_dn: str
    password: str


def listed(asked: Asked) -> Members:
    """Who is in the users' group.

    Raises:
        MembersRefused: there is no such group.
        FreeIpaError: the directory could not be asked.
    """
    with _group(asked) as found:
        return found.members(asked.tenancy.notebook_users_group)


def changed(asked: Asked, change: str, users: Sequence[str], log: AuditLog, say: Say) -> None:
    """Add users to the group, or take them out. All are looked at before the first is changed.

    Args:
        asked: whose group.
        change: ``ADD`` or ``REMOVE``.
        users: names as FreeIPA shows them.
        log: where each change is written down.
        say: hears a sentence for each user.

    Raises:
        MembersRefused: a user or the group is not there, the journal cannot be written, or an answer was lost.
        FreeIpaError: the directory could not be asked, or refused.
    """
    group = asked.tenancy.notebook_users_group
    try:
        log.prepare()
    except OSError as failure:
        raise MembersRefused(f"{log.path}: cannot be written: {failure.strerror}; name another with --log") from None
    with _group(asked) as found:
        for user in _as_freeipa_spells_them(found, list(dict.fromkeys(users))):
            if found.is_direct_member(group, user) == (change == ADD):
                say(f"{user} is {'' if change == ADD else 'not '}in {group} already: nothing to do")
                continue
            say(str(_one(asked, found, change, user, log)))


def _one(asked: Asked, found: People, change: str, user: str, log: AuditLog) -> Entry:
    group = asked.tenancy.notebook_users_group
    make = found.add_member if change == ADD else found.remove_member
    try:
        make(group, user)
    except AnswerLost as lost:
        _write_down(_entry(asked, change, user, NOT_KNOWN), log)
        told = str(lost).partition(": ")[0]
        raise MembersRefused(
            f"{told}: the connection was lost before the answer, so whether the change was made is not known; "
            f"see: python -m components members list {asked.stack}"
        ) from None
    except OtherResult:
        # Somebody else was quicker: 389-ds says "already there" or "not there".
        if found.is_direct_member(group, user) != (change == ADD):
            raise
    except KeyboardInterrupt:
        _write_down(_entry(asked, change, user, NOT_KNOWN), log)
        raise
    entry = _entry(asked, change, user, DONE)
    _write_down(entry, log)
    return entry


def _write_down(entry: Entry, log: AuditLog) -> None:
    try:
        log.write(entry)
    except OSError as failure:
        raise MembersRefused(
            f"{log.path}: cannot be written: {failure.strerror}; write down yourself: {entry}"
        ) from None


def _as_freeipa_spells_them(found: People, users: Sequence[str]) -> list[str]:
    """The users' own names, whichever capitals were typed; all must be there before the first is changed."""
    known: dict[str, None] = {}
    problems = []
    for user in users:
        account = found.find_user(user)
        if account is not None:
            known[account.uid] = None
            continue
        near = found.nearest(user)
        hint = f"did you mean {near}?" if near else "see ipa user-find"
        problems.append(f"  {user}: there is no such user in FreeIPA; {hint}")
    if problems:
        raise MembersRefused("\n".join([f"nothing was changed, for {len(problems)} of {len(users)}:", *problems]))
    return list(known)


@contextmanager
def _group(asked: Asked) -> Iterator[People]:
    identity, group = asked.tenancy.identity, asked.tenancy.notebook_users_group
    where = replace(identity.directory(), bind_dn=account(asked.bind_dn))
    with people(where, asked.tenancy.directory_suffix, asked.password) as found:
        if found.find_group(group) is None:
            raise MembersRefused(f"there is no group {group} in FreeIPA; pulumi up makes it")
        yield found


def _entry(asked: Asked, change: str, user: str, outcome: str) -> Entry:
    return Entry(
        time=audit_log.now(),
        who=asked.bind_dn,
        operator=audit_log.operator(),
        stack=asked.stack,
        group=asked.tenancy.notebook_users_group,
        change=change,
        user=user,
        outcome=outcome,
    )
