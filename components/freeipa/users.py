"""FreeIPA's users and the members of groups, read with the program's own account."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ldap3.utils.conv import escape_filter_chars

from components.freeipa import errors, names
from components.freeipa.admin_group import AdminGroup, read_admin_group
from components.freeipa.authentication import ENFORCE, LockoutPolicy, RealmLogIn
from components.freeipa.groups import Group, Groups
from components.freeipa.session import Session, open_session
from components.freeipa.settings import Directory

ACCOUNT_ATTRIBUTES = (
    "uid",
    "cn",
    "memberOf",
    "nsAccountLock",
    "krbPrincipalName",
    "krbPasswordExpiration",
    "krbPrincipalExpiration",
    "krbLoginFailedCount",
    "ipaUniqueID",
    "krbLastFailedAuth",
    "krbLastAdminUnlock",
    "krbPwdPolicyReference",
    "ipaUserAuthType",
)

_GENERALIZED_TIME = "%Y%m%d%H%M%SZ"


@dataclass(frozen=True)
class Account:
    """User's entry, as far as the program's account may see it. Times are in UTC."""

    uid: str
    groups: frozenset[str]
    """DNs in lower case of all groups, including those through another group."""

    is_locked: bool
    shows_state: bool
    """Whether ``is_locked`` is visible: FreeIPA shows locks only together with the Kerberos name, to accounts with the
    permission *System: Read User Kerberos Attributes*, which by default every logged-in account has."""

    password_expires: datetime | None
    account_expires: datetime | None
    failed_log_ins: int | None
    methods: frozenset[str] = frozenset()
    """The user's own log-in methods in lower case (``ipaUserAuthType``); empty if the realm's apply."""
    last_failure: datetime | None = None
    unlocked: datetime | None = None
    """When an administrator unlocked the account."""
    policy: str = ""
    """DN of the password policy; empty for the realm's, or if it is not visible."""

    unique_id: str | None = None
    """The account's ``ipaUniqueID``; None if the directory does not show it."""


@dataclass(frozen=True)
class Members:
    """Members of a group."""

    users: tuple[str, ...]
    """Names of direct members."""

    indirect_users: tuple[str, ...]
    """Names of users that are members through another group."""

    groups: tuple[str, ...]
    """Names of groups that are members."""

    others: tuple[str, ...]
    """DNs of members that are neither users nor groups."""

    unique_ids: Mapping[str, str] = field(default_factory=dict)
    """The ``ipaUniqueID`` of each direct or indirect member that the directory shows."""


class Users:
    """Users and groups of one directory over one session."""

    def __init__(self, session: Session, suffix: str) -> None:
        self._session = session
        self._suffix = suffix
        self._users = names.users_container(suffix)

    def find_group(self, name: str) -> Group | None:
        """Return the group, or None if it does not exist.

        Raises:
            FreeIpaError: the search failed.
        """
        return Groups(self._session, self._suffix).find_group(name)

    def read_admin_group(self, name: str) -> AdminGroup:
        """Return which groups of ordinary users are members of the group of admins.

        Raises:
            FreeIpaError: the search failed.
        """
        return read_admin_group(self._session, names.group_dn(self._suffix, name))

    def find_user(self, uid: str) -> Account | None:
        """Return the user's account, or None if it does not exist.

        Raises:
            FreeIpaError: the search failed.
        """
        where = f"(&(objectClass=posixAccount)(uid={escape_filter_chars(uid)}))"
        for entry in self._session.children(self._users, where, ACCOUNT_ATTRIBUTES, f"looking for user {uid}"):
            return _account({name: [str(value) for value in values] for name, values in entry.items()})
        return None

    def realm_log_in(self) -> RealmLogIn:
        """Return the log-in settings of all users; the defaults where they are not visible.

        Raises:
            FreeIpaError: the search failed.
        """
        where, operation = "(cn=ipaConfig)", "reading the realm's log-in methods"
        found = self._session.children(
            f"cn=etc,{self._suffix}", where, ["ipaUserAuthType", "ipaConfigString"], operation
        )
        for entry in found:
            return RealmLogIn(
                frozenset(str(method).lower() for method in entry.get("ipauserauthtype", ())),
                any(str(option).lower() == ENFORCE.lower() for option in entry.get("ipaconfigstring", ())),
            )
        return RealmLogIn()

    def count_tokens(self, uid: str, now: datetime) -> int | None:
        """Return the number of the user's active tokens; None if none is visible.

        FreeIPA shows a token only to its owner, its managers and the realm's admins (``default-aci.ldif``).

        Raises:
            FreeIpaError: the search failed.
        """
        where = f"(ipatokenOwner={escape_filter_chars(names.user_dn(self._suffix, uid))})"
        attributes = ["ipatokenDisabled", "ipatokenNotBefore", "ipatokenNotAfter"]
        operation = f"looking for tokens of {uid}"
        found = self._session.children(f"cn=otp,{self._suffix}", where, attributes, operation)
        return sum(_is_active(token, now) for token in found) if found else None

    def lockout_policy(self, account: Account, realm: str) -> LockoutPolicy | None:
        """Return the policy that locks the account after failed log-ins; None if it is not visible.

        Raises:
            FreeIpaError: the search failed.
        """
        dn = account.policy or f"cn=global_policy,cn={names.escaped(realm)},cn=kerberos,{self._suffix}"
        where = f"(cn={escape_filter_chars(names.first_value(dn))})"
        operation = f"reading the password policy of {account.uid}"
        limits = ["krbPwdMaxFailure", "krbPwdLockoutDuration"]
        for entry in self._session.children(names.parent(dn), where, limits, operation):
            numbers = [next((str(value) for value in entry.get(limit.lower(), ())), "") for limit in limits]
            if all(number.isdigit() for number in numbers):
                return LockoutPolicy(*map(int, numbers))
        return None

    def nearest(self, uid: str) -> str | None:
        """Return the user name most similar to this one; None if there is none, or the directory shows none."""
        begin, end = escape_filter_chars(uid[:2]), escape_filter_chars(uid[-2:])
        where = f"(&(objectClass=posixAccount)(|(uid={begin}*)(uid=*{end})))"
        try:
            found = self._session.children(self._users, where, ["uid"], f"looking for users like {uid}")
        except errors.FreeIpaError:  # e.g. more entries than the server returns; a suggestion is optional
            return None
        known = [value for entry in found for value in entry.get("uid", ())]
        return next(iter(difflib.get_close_matches(uid.lower(), known, n=1)), None)

    def members(self, group: str) -> Members:
        """Return the group's direct and indirect members.

        Raises:
            FreeIpaError: the search failed.
        """
        operation = f"reading the members of {group}"
        container = names.groups_container(self._suffix)
        entries = self._session.children(container, f"(cn={escape_filter_chars(group)})", ["member"], operation)
        direct = [dn for entry in entries for dn in entry.get("member", ())]
        below = escape_filter_chars(names.group_dn(self._suffix, group))
        every = self._session.children(self._users, f"(memberOf={below})", ["uid", "ipaUniqueID"], operation)
        users = {names.first_value(dn) for dn in direct if _is_below(dn, self._users)}
        inner = {names.first_value(dn) for dn in direct if _is_below(dn, container)}
        return Members(
            users=tuple(sorted(users)),
            indirect_users=tuple(sorted({uid for entry in every for uid in entry.get("uid", ())} - users)),
            groups=tuple(sorted(inner)),
            others=tuple(
                sorted(dn for dn in direct if not _is_below(dn, self._users) and not _is_below(dn, container))
            ),
            unique_ids={
                uid: found
                for entry in every
                for uid in entry.get("uid", ())
                if (found := names.unique_id(entry.get("ipauniqueid", ())))
            },
        )

    def is_direct_member(self, group: str, uid: str) -> bool:
        """Return whether the user is a direct member of the group. The cost does not depend on the number of members.

        Raises:
            FreeIpaError: the search failed.
        """
        user = escape_filter_chars(names.user_dn(self._suffix, uid))
        where = f"(&(cn={escape_filter_chars(group)})(member={user}))"
        container = names.groups_container(self._suffix)
        return bool(self._session.children(container, where, ["cn"], f"checking whether {uid} is in {group}"))

    def add_member(self, group: str, uid: str) -> None:
        """Add the user to the group, in one round trip.

        Raises:
            FreeIpaError: the change failed.
        """
        dn = names.group_dn(self._suffix, group)
        self._session.add_value(dn, "member", names.user_dn(self._suffix, uid), f"adding {uid} to {group}")

    def remove_member(self, group: str, uid: str) -> None:
        """Remove the user from the group, in one round trip. Neither entry is deleted.

        Raises:
            FreeIpaError: the change failed.
        """
        dn = names.group_dn(self._suffix, group)
        self._session.remove_value(dn, "member", names.user_dn(self._suffix, uid), f"removing {uid} from {group}")


@contextmanager
def open_users(directory: Directory, suffix: str, password: str) -> Iterator[Users]:
    """Give the users below ``suffix`` over one connection, which is closed at the end.

    Raises:
        FreeIpaError: no server could be used, or the log-in was refused.
    """
    with open_session(directory, password) as session:
        yield Users(session, suffix)


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
        failed_log_ins=int(failed) if failed.isdigit() else None,
        unique_id=names.unique_id(entry.get("ipauniqueid", ())),
        methods=frozenset(method.lower() for method in entry.get("ipauserauthtype", ())),
        last_failure=_time(first("krblastfailedauth")),
        unlocked=_time(first("krblastadminunlock")),
        policy=first("krbpwdpolicyreference"),
    )


def _is_active(token: Mapping[str, Sequence[object]], now: datetime) -> bool:
    def first(name: str) -> str:
        return str(next(iter(token.get(name, ())), ""))

    begin, end = _time(first("ipatokennotbefore")), _time(first("ipatokennotafter"))
    is_disabled = first("ipatokendisabled").lower() == "true"
    return not is_disabled and not (begin and now < begin) and not (end and end <= now)


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _GENERALIZED_TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


def _is_below(dn: str, container: str) -> bool:
    return names.parent(dn).lower() == container.lower()
