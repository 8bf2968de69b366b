"""What of one user's entry in FreeIPA decides whether the hub lets them in."""

import re
from collections.abc import Iterator
from datetime import datetime

from components.chart.values import USER_NAME_PATTERN
from components.cli.diagnose.certificates import day
from components.cli.diagnose.result import Finding, broken, good, unknown, warning
from components.config.tenancy import Tenancy
from components.freeipa.names import group_dn
from components.freeipa.users import Account, People

USER, ACCOUNT, MEMBERSHIP = "user", "account", "membership"

USUAL_MAX_FAILURES = 6
"""Of FreeIPA's own global password policy (freeipa, ``install/share/default-pwpolicy.ldif``: krbPwdMaxFailure)."""


def user_findings(tenancy: Tenancy, people: People, uid: str, *, stack: str, now: datetime) -> Iterator[Finding]:
    """User, account, membership: as far as they can be looked at.

    Raises:
        FreeIpaError: the directory could not be asked.
    """
    if not re.fullmatch(USER_NAME_PATTERN, uid):
        do = (
            f"sign in as {uid.lower()}"
            if re.fullmatch(USER_NAME_PATTERN, uid.lower())
            else "write it as FreeIPA shows it"
        )
        yield broken(USER, f"{uid!r} is refused by the hub: names are small letters, digits and _ . -", do)
        return
    account = people.find_user(uid)
    if account is None:
        near = people.nearest(uid)
        hint = f"did you mean {near}?" if near else "see ipa user-find"
        yield broken(USER, f"there is no user {uid} in FreeIPA", hint)
        return
    yield good(USER, f"{uid} is in FreeIPA")
    yield account_finding(account, tenancy.identity.bind_dn, now)
    yield _membership(tenancy, people, account, stack)


def account_finding(account: Account, asked_as: str, now: datetime) -> Finding:
    """Whether FreeIPA takes this account's password at all. Pure."""
    uid = account.uid
    if account.is_locked:
        return broken(ACCOUNT, f"{uid} is disabled in FreeIPA (nsAccountLock)", f"ipa user-enable {uid}")
    if account.account_expires and account.account_expires <= now:
        do = f"ipa user-mod {uid} --principal-expiration=…"
        return broken(ACCOUNT, f"{uid} expired on {day(account.account_expires)} (krbPrincipalExpiration)", do)
    if not account.shows_state:
        do = "give it FreeIPA's permission 'System: Read User Kerberos Attributes', or see: ipa user-show --all"
        return unknown(ACCOUNT, f"FreeIPA does not show {asked_as} whether {uid} is locked or expired", do)
    if account.password_expires and account.password_expires <= now:
        told = (
            f"the password of {uid} expired on {day(account.password_expires)}; FreeIPA takes it for as many log-ins "
            "as the password policy's grace limit says"
        )
        return warning(ACCOUNT, told, f"{uid} sets a new one on FreeIPA's page or by kinit; or: ipa passwd {uid}")
    if account.failed_tries is not None and account.failed_tries >= USUAL_MAX_FAILURES:
        told = f"{account.failed_tries} wrong passwords in a row; FreeIPA locks for a while after that many"
        return warning(ACCOUNT, told, f"ipa user-status {uid}; ipa user-unlock {uid}")
    return good(ACCOUNT, f"{uid} is neither locked nor expired")


def _membership(tenancy: Tenancy, people: People, account: Account, stack: str) -> Finding:
    uid, identity = account.uid, tenancy.identity
    if uid in identity.admin_users:
        return good(MEMBERSHIP, f"{uid} is one of identity.adminUsers, who need no group")
    groups = [tenancy.notebook_users_group, *([identity.admin_group] if identity.admin_group else [])]
    for group in groups:
        if people.is_direct_member(group, uid):
            return good(MEMBERSHIP, f"{uid} is in {group}")
    indirect = [group for group in groups if group_dn(tenancy.directory_suffix, group).lower() in account.groups]
    add = f"python -m components members add {stack} {uid}"
    if indirect and identity.nested_groups:
        return good(MEMBERSHIP, f"{uid} is in {indirect[0]} by way of another group, which counts here")
    if indirect:
        told = f"{uid} is in {indirect[0]} by way of another group only, which does not count here"
        return broken(MEMBERSHIP, told, f"{add}; or set pangeo:identity.nestedGroups")
    return broken(MEMBERSHIP, f"{uid} is not in {' or '.join(groups)}", add)
