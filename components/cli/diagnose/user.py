"""Checks of one user: name, FreeIPA account and membership of the tenancy's group."""

import re
from collections.abc import Iterator
from datetime import datetime

from components.chart.values import USER_NAME_PATTERN
from components.cli.accept.reused import check_identity
from components.cli.admitted_groups import find_admitted_groups
from components.cli.diagnose.certificates import format_time
from components.cli.diagnose.checks import CheckEnvironment
from components.cli.diagnose.result import CheckResult, broken, good, unknown, warning
from components.cli.diagnose.user_size import check_size
from components.config.tenancy import Tenancy
from components.freeipa.authentication import ENFORCE, LockoutPolicy, Needed, locked_until, needed
from components.freeipa.names import group_dn
from components.freeipa.users import Account, Users

USER, ACCOUNT, METHOD, MEMBERSHIP = "user", "account", "log-in method", "membership"


def check_user(
    tenancy: Tenancy, directory: Users, uid: str, *, stack: str, env: CheckEnvironment
) -> Iterator[CheckResult]:
    """Check the user's name, account, identity, membership and size; the latter ones only if there is an account.

    Args:
        tenancy: the tenancy.
        directory: the directory's users.
        uid: the user's name as it was typed at the hub.
        stack: the stack's name, for suggested commands.
        env: the time, and the access to the cluster.

    Raises:
        FreeIpaError: the directory could not be read.
    """
    if not re.fullmatch(USER_NAME_PATTERN, uid):
        lower = uid.lower()
        fix = f"sign in as {lower}" if re.fullmatch(USER_NAME_PATTERN, lower) else "write it as FreeIPA shows it"
        yield broken(USER, f"{uid!r} is refused by the hub: names contain small letters, digits and _ . - only", fix)
        return
    account = directory.find_user(uid)
    if account is None:
        nearest = directory.nearest(uid)
        hint = f"did you mean {nearest}?" if nearest else "see ipa user-find"
        yield broken(USER, f"there is no user {uid} in FreeIPA", hint)
        return
    yield good(USER, f"{uid} is in FreeIPA")
    policy = directory.lockout_policy(account, realm_of(tenancy)) if account.failed_log_ins else None
    yield check_account(account, tenancy.identity.bind_dn, env.now, policy)
    yield check_method(uid, needed(account.methods, directory.realm_log_in(), directory.count_tokens(uid, env.now)))
    yield check_identity(tenancy, account.uid, account.unique_id, env.environment, stack)
    yield _check_membership(tenancy, directory, account, stack)
    yield from check_size(tenancy, directory, account)


def realm_of(tenancy: Tenancy) -> str:
    """Return the realm's name. FreeIPA's installer derives the directory's suffix from it."""
    return ".".join(label.partition("=")[2] for label in tenancy.directory_suffix.split(",")).upper()


def check_method(uid: str, input_: Needed) -> CheckResult:
    """Report the input that the user's log-in needs, in FreeIPA and so at the hub. Pure."""
    if input_ is Needed.PASSWORD:
        return good(METHOD, f"{uid} logs in with {input_.value}")
    if input_ in (Needed.EITHER, Needed.CODE_ONCE_THERE_IS_A_TOKEN):
        return good(METHOD, f"{uid} logs in with {input_.value}, in the field for the password")
    if input_ is Needed.CODE:
        message = f"{uid} logs in with {input_.value}, in the field for the password; the password alone is refused"
        return warning(METHOD, message, f"{uid} enters both without a space between them; or: {_methods(uid)}")
    if input_ is Needed.TOKEN_MISSING:
        message = f"{uid} needs {input_.value}, because the realm accepts no password alone ({ENFORCE})"
        return broken(METHOD, message, f"ipa otptoken-add --owner={uid}; or: {_methods(uid, 'otp')}")
    return broken(METHOD, f"{uid} logs in with {input_.value}, and the hub knows only passwords", _methods(uid))


def _methods(uid: str, method: str = "password") -> str:
    return f"ipa user-mod {uid} --user-auth-type={method}"


def check_account(account: Account, bind_dn: str, now: datetime, policy: LockoutPolicy | None = None) -> CheckResult:
    """Check that the account is neither disabled nor expired nor locked. Pure.

    Args:
        account: the account.
        bind_dn: the account that read it.
        now: the time.
        policy: the policy that locks the account after failed log-ins; None if it is not visible.
    """
    uid = account.uid
    if account.is_locked:
        return broken(ACCOUNT, f"{uid} is disabled in FreeIPA (nsAccountLock)", f"ipa user-enable {uid}")
    if account.account_expires and account.account_expires <= now:
        fix = f"ipa user-mod {uid} --principal-expiration=…"
        expired = format_time(account.account_expires)
        return broken(ACCOUNT, f"{uid} expired on {expired} (krbPrincipalExpiration)", fix)
    if not account.shows_state:
        fix = "give it FreeIPA's permission 'System: Read User Kerberos Attributes', or see: ipa user-show --all"
        return unknown(ACCOUNT, f"FreeIPA does not show {bind_dn} whether {uid} is locked or expired", fix)
    if account.password_expires and account.password_expires <= now:
        message = (
            f"the password of {uid} expired on {format_time(account.password_expires)}; FreeIPA accepts it for as many "
            "log-ins as the grace limit of the password policy"
        )
        fix = f"{uid} sets a new one in FreeIPA's web interface or with kinit; or: ipa passwd {uid}"
        return warning(ACCOUNT, message, fix)
    if (locked := _check_lockout(account, policy, now)) is not None:
        return locked
    return good(ACCOUNT, f"{uid} is neither locked nor expired")


def _check_lockout(account: Account, policy: LockoutPolicy | None, now: datetime) -> CheckResult | None:
    uid, failures = account.uid, account.failed_log_ins or 0
    fix = f"ipa user-status {uid}; ipa user-unlock {uid}"
    usual = policy or LockoutPolicy()
    until = locked_until(failures, account.last_failure, account.unlocked, usual, now)
    if until is not None and policy is not None:
        end = "an administrator unlocks it" if until.year == datetime.max.year else format_time(until)
        return broken(ACCOUNT, f"{uid} is locked after {failures} wrong passwords or codes until {end}", fix)
    if until is not None or (policy is None and account.last_failure is None and failures >= usual.failures):
        message = f"{failures} wrong passwords in a row; FreeIPA locks an account for a while after that"
        return warning(ACCOUNT, message, fix)
    return None


def _check_membership(tenancy: Tenancy, directory: Users, account: Account, stack: str) -> CheckResult:
    uid, identity = account.uid, tenancy.identity
    if uid in identity.admin_users:
        return good(MEMBERSHIP, f"{uid} is one of identity.adminUsers, who need no group")
    groups = find_admitted_groups(tenancy, directory)
    for group in groups:
        if directory.is_direct_member(group, uid):
            return good(MEMBERSHIP, f"{uid} is in {group}")
    indirect = [group for group in groups if group_dn(tenancy.directory_suffix, group).lower() in account.groups]
    add = f"python -m components members add {stack} {uid}"
    if indirect and identity.nested_groups:
        return good(MEMBERSHIP, f"{uid} is in {indirect[0]} through another group, which counts here")
    if indirect:
        message = f"{uid} is in {indirect[0]} through another group only, which does not count here"
        return broken(MEMBERSHIP, message, f"{add}; or set pangeo:identity.nestedGroups")
    return broken(MEMBERSHIP, f"{uid} is not in {' or '.join(groups)}", add)
