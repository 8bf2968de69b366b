"""Errors of FreeIPA, each with one message that contains a fix.

The messages are data, from which the tests and ``docs/messages.md`` are made. No message contains a password; of the
credentials, only the bind DN is named. Errors of the connection are in :mod:`components.freeipa.connection_errors`,
those about the group of a stack in :mod:`components.freeipa.group_errors`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

PASSWORD_VARIABLE = "FREEIPA_BIND_PASSWORD"  # noqa: S105 - a variable's name
DIRECTORY_CHECK_VARIABLE = "PANGEO_DIRECTORY_CHECK"
"""Environment variable: ``refuse`` (the default) or ``warn``.

With ``warn``, a preview that has a bind password but cannot reach the directory continues. ``pulumi up`` always needs
the directory.
"""
PASSWORD_CONFIG_KEY = "pangeo:identityBindPassword"  # noqa: S105 - a configuration key's name
READ_PASSWORD_CONFIG_KEY = "pangeo:identityReadPassword"  # noqa: S105 - a configuration key's name


class FreeIpaError(Exception):
    """Base class of all errors that this package raises."""


class InvalidSetting(FreeIpaError):
    """A setting is not valid; nothing was sent."""

    def __init__(self, field: str, value: str, reason: str) -> None:
        super().__init__(f"{field} {value!r} {reason}")
        self.field = field
        self.reason = reason


class PasswordMissing(FreeIpaError):
    """There is no bind password to log in with."""

    def __init__(self) -> None:
        super().__init__(
            f"no bind password for FreeIPA: set the environment variable {PASSWORD_VARIABLE}, "
            f"or run: pulumi config set --secret {PASSWORD_CONFIG_KEY}"
        )


class PasswordInvalid(FreeIpaError):
    """The bind password has a form that only a mistake produces. Nothing was sent; the text does not show it."""

    def __init__(self, source: str, flaw: str, fix: str) -> None:
        super().__init__(f"the bind password for FreeIPA in {source} {flaw}; {fix}")
        self.flaw = flaw


@dataclass(frozen=True)
class Attempt:
    """Operation that failed, e.g. "adding group k1_notebook_users", with the server and the account."""

    operation: str
    server: str
    bind_dn: str

    def __str__(self) -> str:
        return f"{self.operation} at {self.server}"


class DirectoryError(FreeIpaError):
    """An operation failed at a server. The text names the operation and the server.

    ``detail`` is the error message of the server or of the system, appended if there is one.
    """

    message: ClassVar[str]
    result_codes: ClassVar[tuple[int, ...]] = ()
    """LDAP result codes (RFC 4511, appendix A) that cause the error, if any; see :mod:`components.freeipa.results`."""

    def __init__(self, attempt: Attempt, detail: str = "") -> None:
        suffix = f" [{detail}]" if detail else ""
        super().__init__(f"{attempt}: {self.message.format(bind_dn=attempt.bind_dn)}{suffix}")
        self.attempt = attempt


class Unreachable(DirectoryError):
    """A server cannot be used, which says nothing about the account; the next server is tried."""


class Busy(Unreachable):
    """The server is overloaded or shutting down."""

    message = "the server is busy or unavailable; try again later"
    result_codes = (51, 52)


class Referral(Unreachable):
    """The server refers to another one. It is not followed, so that the password is sent only to configured servers."""

    message = "the server refers to another server, which is not followed; to use that one, set identity.server to it"
    result_codes = (10,)


class LogInFailed(Unreachable):
    """The server could not check the password, because of a fault of its own; the next server is tried."""

    message = (
        "the server could not check the password of {bind_dn}; see the directory's error log, and check identity.bindDn"
    )


class SearchFailed(Unreachable):
    """The server accepted the log-in, but could not search; the next server is tried."""

    message = "the server could not search; see the directory's error log and try again later"


class LimitExceeded(SearchFailed):
    """A search in small pages exceeds the server's limit of entries (4), of entries to look through (11) or of time."""

    message = (
        "the server stopped the search at one of its limits for this account; set a higher nsslapd-sizelimit, "
        "nsslapd-lookthroughlimit or nsslapd-timelimit"
    )
    result_codes = (3, 4, 11)


class Refusal(DirectoryError):
    """The group must not be used, because of its owner or its directory; no switch weakens this in a preview."""


class AnswerLost(DirectoryError):
    """A change was sent, and its answer was lost."""

    message = (
        "the connection was lost before the answer, so whether the change was made is not known; "
        "run pulumi refresh, then pulumi up"
    )


class WrongPassword(DirectoryError):
    """The bind DN or its password is wrong. No other server is tried, because failed log-ins lock the account."""

    message = (
        f"the server does not accept {{bind_dn}} with this password; check identity.bindDn and {PASSWORD_VARIABLE} "
        f"(or {PASSWORD_CONFIG_KEY}). Failed log-ins can lock the account"
    )
    result_codes = (49,)


class AccountUnusable(DirectoryError):
    """The account is locked, disabled or expired."""

    message = "{bind_dn} is locked, disabled or expired; unlock or renew the account in FreeIPA"
    result_codes = (19, 49, 53)


class NotPermitted(DirectoryError):
    """The account lacks a privilege."""

    message = (
        "{bind_dn} is not allowed to do this; give it a role with the privilege 'Group Administrators' "
        "in FreeIPA (the role 'User Administrator' has it)"
    )
    result_codes = (50,)


class NotVisible(DirectoryError):
    """The account sees no group at all, so the group must not be reported as deleted."""

    message = (
        "no group is visible to {bind_dn}, not even admins; check identity.realm or identity.baseDn, "
        "and that the account has FreeIPA's permission 'System: Read Groups'"
    )


class SchemaRefused(DirectoryError):
    """The directory's schema refuses the entry."""

    message = "the directory's schema refuses the entry; check that the server is FreeIPA and its upgrade has finished"
    result_codes = (65,)


class AlreadyExists(Refusal):
    """An entry of that name exists and belongs to no or to another deployment, which the detail names."""

    message = (
        "the group already exists and was not changed; choose another clusterName, "
        "or set identity.existingGroup: adopt to use it with the members it has"
    )
    result_codes = (68,)


class NoSuchEntry(DirectoryError):
    """The entry to change does not exist."""

    message = "the group no longer exists; run pulumi refresh, then pulumi up, which creates it again without members"
    result_codes = (32,)


class ParentMissing(DirectoryError):
    """The container of all groups does not exist: the server is not FreeIPA's, or the suffix is wrong."""

    message = (
        "the directory has no cn=groups,cn=accounts below the base DN; check identity.realm or identity.baseDn, "
        "and that the server is FreeIPA's"
    )


class Unwilling(DirectoryError):
    """The server does not make changes."""

    message = "the server refuses changes (it may be read-only); see the directory's error log"
    result_codes = (53,)


class OtherResult(DirectoryError):
    """A result code without an error class of its own."""

    message = "the server refused the operation; see the directory's error log"


class AllServersFailed(FreeIpaError):
    """None of several servers could be used."""

    def __init__(self, failures: Sequence[Unreachable]) -> None:
        super().__init__("none of the servers could be used:\n" + "\n".join(f"  {failure}" for failure in failures))
        self.failures = tuple(failures)
