"""Errors by LDAP result code (RFC 4511, appendix A): which results concern the account, and which the server. Pure.

Only a result about the account ends a log-in. After any other result the next server is asked: it may be the fault of
one replica, and says nothing about the password.
"""

from collections.abc import Mapping
from typing import Any

from components.freeipa import errors
from components.freeipa.errors import Attempt, DirectoryError

SUCCESS = 0
SIZE_LIMIT_EXCEEDED = 4
NO_SUCH_OBJECT = 32

PAGED_RESULTS = "1.2.840.113556.1.4.319"
"""Object identifier of the control for paged results (RFC 2696)."""

_CONSTRAINT_VIOLATION, _INVALID_CREDENTIALS, _UNWILLING_TO_PERFORM = 19, 49, 53

ACCOUNT_TEXTS: Mapping[int, tuple[str, ...]] = {
    _CONSTRAINT_VIOLATION: (
        "exceed password retry limit",  # 389-ds, ldap/servers/slapd/pw.c, slapi_check_account_lock
        "account inactivity limit exceeded",  # 389-ds, ldap/servers/plugins/acctpolicy/acct_plugin.c
        "tpr checking",  # a temporary password; 389-ds, ldap/servers/slapd/pw.c, slapi_check_tpr_limits
    ),
    _INVALID_CREDENTIALS: (
        "password is expired",  # freeipa, daemons/ipa-slapi-plugins/ipa-graceperiod/ipa_graceperiod.c
        "password expired",  # 389-ds, ldap/servers/slapd/pw_mgmt.c, need_new_pw
    ),
    _UNWILLING_TO_PERFORM: (
        "account inactivated",  # 389-ds, ldap/servers/slapd/pw.c, slapi_check_account_lock
        "entry permanently locked",  # freeipa, daemons/ipa-slapi-plugins/ipa-lockout/ipa_lockout.c
        "too many failed logins",  # the same
        "account (kerberos principal) is expired",  # freeipa, daemons/ipa-slapi-plugins/ipa-pwd-extop/prepost.c
    ),
}
"""Texts, in lower case, of results about a locked, disabled or expired account.

They are whole phrases, because 389-ds uses the words for itself too: "Operation attempted on a disabled node" (code 1,
``ldap/servers/slapd/mapping_tree.c``). The same codes without one of these texts are faults of the server: 53 is also
the result for "Minimum SSF not met." (``bind.c``) and for an unreadable policy (``acct_plugin.c``).
"""

PASSWORD_TOO_LONG = "clear-text password is too long"  # noqa: S105 - a message
"""Text of code 19 for a password that cannot be right (freeipa, ``util/ipa_krb5.c``)."""

AT_LOG_IN: Mapping[int, type[DirectoryError]] = {
    _INVALID_CREDENTIALS: errors.WrongPassword,
    10: errors.Referral,
    51: errors.Busy,
    52: errors.Busy,
}
"""Errors of the log-in, where the server's text does not decide; all other codes are ``LogInFailed``."""

AT_SEARCH: Mapping[int, type[DirectoryError]] = {
    3: errors.LimitExceeded,
    SIZE_LIMIT_EXCEEDED: errors.LimitExceeded,
    10: errors.Referral,
    11: errors.LimitExceeded,
    12: errors.OtherResult,
    50: errors.NotPermitted,
    51: errors.Busy,
    52: errors.Busy,
}
"""Errors of a search; all other codes are ``SearchFailed``, after which the next server is asked.

Codes 12 (control not known) and 50 are about the request or the account.
"""

AT_CHANGE: Mapping[int, type[DirectoryError]] = {
    10: errors.Referral,
    32: errors.NoSuchEntry,
    50: errors.NotPermitted,
    51: errors.Busy,
    52: errors.Busy,
    53: errors.Unwilling,
    65: errors.SchemaRefused,
    68: errors.AlreadyExists,
}
"""Errors of a change; all other codes are ``OtherResult``. A change is sent to one server only."""


def log_in_error(attempt: Attempt, code: int, text: str, detail: str) -> DirectoryError:
    """Return the error for a log-in with this result.

    Args:
        attempt: the log-in.
        code: the result code, other than success.
        text: the server's text.
        detail: what the error's message shows of the result.
    """
    lower = text.lower()
    if any(phrase in lower for phrase in ACCOUNT_TEXTS.get(code, ())):
        return errors.AccountUnusable(attempt, detail)
    if code == _CONSTRAINT_VIOLATION and PASSWORD_TOO_LONG in lower:
        return errors.WrongPassword(attempt, detail)
    return AT_LOG_IN.get(code, errors.LogInFailed)(attempt, detail)


def search_error(attempt: Attempt, code: int, detail: str) -> DirectoryError:
    """Return the error for a search with this result code, other than success and 32."""
    return AT_SEARCH.get(code, errors.SearchFailed)(attempt, detail)


def change_error(attempt: Attempt, code: int, detail: str) -> DirectoryError:
    """Return the error for a change with this result code, other than success."""
    return AT_CHANGE.get(code, errors.OtherResult)(attempt, detail)


def next_page(result: Mapping[str, Any]) -> bytes | None:
    """Return the cookie for the next page; None after the last page, and for a server that ignores the control."""
    control = (result.get("controls") or {}).get(PAGED_RESULTS) or {}
    cookie: bytes | None = (control.get("value") or {}).get("cookie")
    return cookie
