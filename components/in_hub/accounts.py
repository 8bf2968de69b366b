"""Users' accounts in the directory, and whether they may still be used, read with an account that may only read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ldap3.utils.conv import escape_filter_chars

from components.freeipa.connection import Entry
from components.freeipa.names import unique_id
from components.freeipa.session import Session

USERS_PER_SEARCH = 100
"""Number of users in one search; well below the size limits of FreeIPA's servers."""

ATTRIBUTES = ("uid", "memberOf", "nsAccountLock", "krbPrincipalName", "krbPrincipalExpiration", "ipaUniqueID")
OPERATION = "comparing users with their accounts"
_TIME, _TIME_LENGTH = "%Y%m%d%H%M%S", 14
"""The part of a time that FreeIPA reads, whatever follows (freeipa, ``util/ipa_pwd.c``)."""

NO_ACCOUNT = "there is no such user in FreeIPA"
DISABLED = "the account is disabled"
EXPIRED = "the account has expired"
CREATED_AGAIN = "the account was deleted, and another one was created with its name"


@dataclass(frozen=True)
class Account:
    """Account, as far as the reading account may see it."""

    groups: frozenset[str] = frozenset()
    """DNs of all groups, including those through another group, as the directory spells them."""
    unique_id: str | None = None
    """The account's ``ipaUniqueID``; None if the directory does not show it."""
    is_disabled: bool = False
    expires: tuple[datetime, ...] = ()
    shows_state: bool = False
    """Whether the directory shows that an account is disabled or expires: only together with the Kerberos name."""


def read_accounts(
    session: Session, container: str, users: Sequence[str], or_members_of: str = ""
) -> dict[str, Account]:
    """Return the accounts of those users that have one, by name in lower case.

    Args:
        session: the log-in to the directory.
        container: the DN of the container of all users.
        users: the users' names.
        or_members_of: the DN of a group whose members are returned too, in the same answers; empty for no group.

    Raises:
        FreeIpaError: a search failed.
    """
    accounts: dict[str, Account] = {}
    others = f"(memberOf={escape_filter_chars(or_members_of)})" if or_members_of else ""
    for start in range(0, len(users), USERS_PER_SEARCH):
        names = "".join(f"(uid={escape_filter_chars(user)})" for user in users[start : start + USERS_PER_SEARCH])
        found = session.children(container, f"(&(objectClass=posixAccount)(|{names}{others}))", ATTRIBUTES, OPERATION)
        accounts |= {uid.lower(): _account(entry) for entry in found for uid in entry.get("uid", ())}
    return accounts


def find_end(account: Account | None, known_id: str | None, now: datetime) -> str | None:
    """Return the reason why an account can no longer be used, or is not the one that the hub knows; None if it can.

    Args:
        account: the account that has the name at present.
        known_id: the ``ipaUniqueID`` of the account that the hub's user belongs to; None if the hub has none.
        now: the present time.
    """
    if account is None:
        return NO_ACCOUNT
    if known_id and account.unique_id and account.unique_id != known_id:
        return CREATED_AGAIN
    if account.is_disabled:
        return DISABLED
    if any(end <= now for end in account.expires):
        return EXPIRED
    return None


def without_visible_id(accounts: Mapping[str, Account], users: Mapping[str, str | None]) -> list[str]:
    """Return the users whose account does not show the ``ipaUniqueID`` to compare with the one that the hub knows."""
    return [
        user
        for user, known_id in users.items()
        if known_id and (account := accounts.get(user.lower())) is not None and account.unique_id is None
    ]


def _account(entry: Entry) -> Account:
    ends = (_time(value) for value in entry.get("krbprincipalexpiration", ()))
    return Account(
        groups=frozenset(entry.get("memberof", ())),
        unique_id=unique_id(entry.get("ipauniqueid", ())),
        is_disabled=any(value.lower() == "true" for value in entry.get("nsaccountlock", ())),
        expires=tuple(end for end in ends if end is not None),
        shows_state="krbprincipalname" in entry,
    )


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text[:_TIME_LENGTH], _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None
