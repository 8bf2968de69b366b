"""Rules by which FreeIPA accepts a password in an LDAP log-in, with and without one-time codes. Pure.

Source: freeipa, ``daemons/ipa-slapi-plugins``: ``ipa-pwd-extop/prepost.c`` (``ipapwd_pre_bind_otp``),
``libotp/otp_config.c`` (``otp_config_auth_types``) and ``ipa-lockout/ipa_lockout.c`` (``ipalockout_preop``).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

OTP, PASSWORD, DISABLED = "otp", "password", "disabled"
KNOWN_TO_LDAP = frozenset({OTP, PASSWORD, DISABLED, "pkinit", "radius"})
"""Methods that the LDAP server knows. It ignores others, such as ``hardened``, ``idp`` and ``passkey``."""

ENFORCE = "EnforceLDAPOTP"
"""Value of ``ipaConfigString``: LDAP accepts no password alone, except from users of codes who have no token yet."""


class Needed(Enum):
    """Input that an LDAP log-in needs."""

    PASSWORD = "the password alone"  # noqa: S105 - a description
    EITHER = "the password, with or without a code"
    CODE = "the password immediately followed by a one-time code"
    CODE_ONCE_THERE_IS_A_TOKEN = "the password, immediately followed by a one-time code once the user has a token"  # noqa: S105
    TOKEN_MISSING = "a one-time code, and the user has no token"  # noqa: S105
    NOTHING = "another method; LDAP accepts no password"


@dataclass(frozen=True)
class RealmLogIn:
    """Settings of ``cn=ipaConfig`` for all users of the realm."""

    methods: frozenset[str] = frozenset()
    """Values of ``ipaUserAuthType`` in lower case."""
    enforces_codes: bool = False


def methods(user: frozenset[str], realm: RealmLogIn) -> frozenset[str]:
    """Return the methods that apply to a user: the user's own, else the realm's, else the password.

    ``disabled`` in the realm's methods switches the users' own off.
    """
    own = frozenset() if DISABLED in realm.methods else user
    for found in (own, realm.methods):
        if applying := (found & KNOWN_TO_LDAP) - {DISABLED}:
            return applying
    return frozenset({PASSWORD})


def needed(user: frozenset[str], realm: RealmLogIn, tokens: int | None) -> Needed:
    """Return the input that a log-in needs.

    Args:
        user: the user's own methods, in lower case.
        realm: the realm's settings.
        tokens: the number of the user's active tokens; None if they are not visible.
    """
    applying = methods(user, realm)
    if OTP in applying:
        if tokens == 0:
            return Needed.PASSWORD  # also with EnforceLDAPOTP, so that the user can log in to add a token
        if PASSWORD in applying and not realm.enforces_codes:
            return Needed.EITHER
        return Needed.CODE_ONCE_THERE_IS_A_TOKEN if tokens is None else Needed.CODE
    if realm.enforces_codes:
        return Needed.TOKEN_MISSING if tokens == 0 else Needed.CODE
    return Needed.PASSWORD if PASSWORD in applying else Needed.NOTHING


@dataclass(frozen=True)
class LockoutPolicy:
    """Number of failures that lock an account, and for how long; the defaults are FreeIPA's for a new realm.

    Source: freeipa, ``install/share/kerberos.ldif``.
    """

    failures: int = 6
    """0 for never."""
    seconds: int = 600
    """0 for ever, until an administrator unlocks the account."""


def locked_until(
    failures: int, last_failure: datetime | None, unlocked: datetime | None, policy: LockoutPolicy, now: datetime
) -> datetime | None:
    """Return when a lock after failed log-ins ends; ``datetime.max`` if it does not, None if there is none."""
    if not policy.failures or failures < policy.failures:
        return None
    if last_failure and unlocked and last_failure <= unlocked:
        return None
    if not policy.seconds:
        return datetime.max.replace(tzinfo=now.tzinfo)
    if last_failure is None:
        return None
    end = last_failure + timedelta(seconds=policy.seconds)
    return end if now < end else None
