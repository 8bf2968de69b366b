"""Users and who is in a group, read from FreeIPA with the program's own account; and one member more or less."""

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from ldap3.utils.conv import escape_filter_chars

from components.freeipa import errors, names
from components.freeipa.connection import Session, connected
from components.freeipa.groups import Group, Groups
from components.freeipa.settings import Directory

ACCOUNT = (
    "uid",
    "cn",
    "memberOf",
    "nsAccountLock",
    "krbPrincipalName",
    "krbPasswordExpiration",
    "krbPrincipalExpiration",
    "krbLoginFailedCount",
)

_GENERALIZED_TIME = "%Y%m%d%H%M%SZ"


@dataclass(frozen=True)
class Account:
    """A user's entry, as far as the account that asks may see it.

    ``shows_state``: FreeIPA shows the lock together with the Kerberos name (permission *System: Read User Kerberos
    Attributes*, which everybody has who is logged in). Where the one is hidden, no lock says nothing.
    """

    uid: str
    groups: frozenset[str]
    """Groups by DN, in small letters, those by way of another group too."""

    is_locked: bool
    shows_state: bool
    password_expires: datetime | None
    account_expires: datetime | None
    failed_tries: int | None


@dataclass(frozen=True)
class Members:
    """Who is in a group. ``users`` by name; ``groups`` are members of it themselves; ``others`` are no users."""

    users: tuple[str, ...]
    by_way_of_groups: tuple[str, ...]
    groups: tuple[str, ...]
    others: tuple[str, ...]


class People:
    """The users and groups of one directory over one session."""

    def __init__(self, session: Session, suffix: str) -> None:
        self._session = session
        self._suffix = suffix
        self._users = names.user_dn(suffix, "x").partition(",")[2]

    def find_group(self, name: str) -> Group | None:
        """The group, or None where there is none.

        Raises:
            FreeIpaError: as the sentence says.
        """
        return Groups(self._session, self._suffix).find_group(name)

    def find_user(self, uid: str) -> Account | None:
        """The user's account, or None where there is none.

        Raises:
            FreeIpaError: as the sentence says.
        """
        where = f"(&(objectClass=posixAccount)(uid={escape_filter_chars(uid)}))"
        for entry in self._session.children(self._users, where, ACCOUNT, f"looking for user {uid}") or []:
            return _account({name: [str(value) for value in values] for name, values in entry.items()})
        return None

    def nearest(self, uid: str) -> str | None:
        """The user whose name is most like this one; None where none is near, or the directory shows none."""
        begin, end = escape_filter_chars(uid[:2]), escape_filter_chars(uid[-2:])
        where = f"(&(objectClass=posixAccount)(|(uid={begin}*)(uid=*{end})))"
        try:
            found = self._session.children(self._users, where, ["uid"], f"looking for users like {uid}") or []
        except errors.FreeIpaError:  # more than the server hands out: a suggestion is not worth failing for
            return None
        known = [value for entry in found for value in entry.get("uid", ())]
        return next(iter(difflib.get_close_matches(uid.lower(), known, n=1)), None)

    def members(self, group: str) -> Members:
        """Who is in the group, directly or not.

        Raises:
            FreeIpaError: as the sentence says.
        """
        doing = f"asking who is in {group}"
        container = names.groups_container(self._suffix)
        entries = self._session.children(container, f"(cn={escape_filter_chars(group)})", ["member"], doing) or []
        direct = [dn for entry in entries for dn in entry.get("member", ())]
        below = escape_filter_chars(names.group_dn(self._suffix, group))
        every = self._session.children(self._users, f"(memberOf={below})", ["uid"], doing) or []
        users = {_first_value(dn) for dn in direct if _is_below(dn, self._users)}
        inner = {_first_value(dn) for dn in direct if _is_below(dn, container)}
        return Members(
            users=tuple(sorted(users)),
            by_way_of_groups=tuple(sorted({uid for entry in every for uid in entry.get("uid", ())} - users)),
            groups=tuple(sorted(inner)),
            others=tuple(
                sorted(dn for dn in direct if not _is_below(dn, self._users) and not _is_below(dn, container))
            ),
        )

    def is_direct_member(self, group: str, uid: str) -> bool:
        """Whether the user is in the group itself; one round trip, however many are.

        Raises:
            FreeIpaError: as the sentence says.
        """
        user = escape_filter_chars(names.user_dn(self._suffix, uid))
        where = f"(&(cn={escape_filter_chars(group)})(member={user}))"
        container = names.groups_container(self._suffix)
        return bool(self._session.children(container, where, ["cn"], f"asking whether {uid} is in {group}"))

    def add_member(self, group: str, uid: str) -> None:
        """Put the user into the group; one round trip.

        Raises:
            FreeIpaError: as the sentence says.
        """
        dn = names.group_dn(self._suffix, group)
        self._session.add_value(dn, "member", names.user_dn(self._suffix, uid), f"adding {uid} to {group}")

    def remove_member(self, group: str, uid: str) -> None:
        """Take the user out of the group; neither of them is deleted. One round trip.

        Raises:
            FreeIpaError: as the sentence says.
        """
        dn = names.group_dn(self._suffix, group)
        self._session.remove_value(dn, "member", names.user_dn(self._suffix, uid), f"taking {uid} out of {group}")


@contextmanager
def people(directory: Directory, suffix: str, password: str) -> Iterator[People]:
    """The people below ``suffix`` over one connection, closed at the end.

    Raises:
        FreeIpaError: no server could be used, or the log-in was refused.
    """
    with connected(directory, password) as session:
        yield People(session, suffix)


def _account(entry: dict[str, list[str]]) -> Account:
    def first(name: str) -> str:
        return next(iter(entry.get(name, ())), "")

    failed = first("krbloginfailedcount")
    return Account(
        uid=first("uid"),
        groups=frozenset(dn.lower() for dn in entry.get("memberof", ())),
        is_locked=first("nsaccountlock").lower() == "true",
        shows_state=bool(first("krbprincipalname")),
        password_expires=_time(first("krbpasswordexpiration")),
        account_expires=_time(first("krbprincipalexpiration")),
        failed_tries=int(failed) if failed.isdigit() else None,
    )


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _GENERALIZED_TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


def _is_below(dn: str, container: str) -> bool:
    return dn.partition(",")[2].lower() == container.lower()


def _first_value(dn: str) -> str:
    return dn.partition(",")[0].partition("=")[2]
