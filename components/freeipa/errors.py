"""Errors of FreeIPA and of the connection to it, each with one message that contains a fix.

The messages are data (:func:`table`), from which the tests and ``docs/messages.md`` are made. No message contains a
password; of the credentials, only the bind DN is named.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

PASSWORD_VARIABLE = "FREEIPA_BIND_PASSWORD"  # noqa: S105 - a variable's name
DIRECTORY_CHECK_VARIABLE = "PANGEO_DIRECTORY_CHECK"
"""Environment variable: ``refuse`` (the default) or ``warn``.

With ``warn``, a preview that has a bind password but cannot reach the directory continues. ``pulumi up`` always needs
the directory.
"""
PASSWORD_CONFIG_KEY = "pangeo:identityBindPassword"  # noqa: S105 - a configuration key's name


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
    result_code: ClassVar[int | None] = None
    """LDAP result code (RFC 4511, appendix A) that causes the error, if there is one."""

    def __init__(self, attempt: Attempt, detail: str = "") -> None:
        suffix = f" [{detail}]" if detail else ""
        super().__init__(f"{attempt}: {self.message.format(bind_dn=attempt.bind_dn)}{suffix}")
        self.attempt = attempt


class Unreachable(DirectoryError):
    """There is no verified, logged-in connection to this server; the next server is tried."""


class CannotResolve(Unreachable):
    """The server's name has no address."""

    message = "the name cannot be resolved; check identity.server and this machine's DNS"


class ConnectionRefused(Unreachable):
    """No program listens on the port."""

    message = "the connection was refused; check that the directory runs there and that the port is right"


class ConnectFailed(Unreachable):
    """The network has no route to the server."""

    message = "no connection could be opened; check the network and its firewalls"


class TimedOut(Unreachable):
    """The server did not answer within the timeout."""

    message = (
        "no answer in time; check that the directory runs and that no firewall drops the connection, then try again"
    )


class CertificateUntrusted(Unreachable):
    """The certificate is not signed by the authority."""

    message = (
        "the server's certificate is not signed by the given authority; "
        "set identity.caCertificate to FreeIPA's CA (/etc/ipa/ca.crt on any enrolled host)"
    )


class CertificateOfAnotherHost(Unreachable):
    """The certificate is valid for another name."""

    message = (
        "the server's certificate is not for this host; set identity.server to the server's full host name in FreeIPA, "
        "not to an alias or an IP address"
    )


class CertificateExpired(Unreachable):
    """The certificate or its authority's has expired or is not valid yet."""

    message = (
        "the server's certificate or its authority's has expired or is not valid yet; "
        "renew it in FreeIPA and check this machine's clock"
    )


class CertificateUnacceptable(Unreachable):
    """OpenSSL does not accept the certificate or its authority's, for another reason than the three above."""

    message = (
        "the server's certificate or its authority's is not acceptable, for the reason at the end; renew it in FreeIPA"
    )


class NoTls(Unreachable):
    """The server does not use TLS 1.2 or newer on this port."""

    message = (
        "there is no TLS connection; check that identity.tls matches the port "
        "(ldaps: 636, starttls: 389) and that the server offers TLS 1.2 or newer"
    )


class StartTlsRefused(Unreachable):
    """The server refuses StartTLS; no password was sent."""

    message = "the server refuses StartTLS and plain LDAP is never used; set identity.tls to ldaps"


class ServerClosed(Unreachable):
    """The connection ended before the answer was complete."""

    message = (
        "the server closed the connection before its answer was complete; see the directory's error log and try again"
    )


class GarbledAnswer(Unreachable):
    """The answer is not LDAP."""

    message = "the answer is not LDAP; check that the port is the directory's and that no proxy is in between"


class Busy(Unreachable):
    """The server is overloaded or shutting down."""

    message = "the server is busy or unavailable; try again later"
    result_code = 51


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
    result_code = 49


class AccountUnusable(DirectoryError):
    """The account is locked, disabled or expired."""

    message = "{bind_dn} is locked, disabled or expired; unlock or renew the account in FreeIPA"
    result_code = 53


class BindRefused(DirectoryError):
    """The log-in failed for another reason."""

    message = "the server refuses to log {bind_dn} in; check identity.bindDn"


class NotPermitted(DirectoryError):
    """The account lacks a privilege."""

    message = (
        "{bind_dn} is not allowed to do this; give it a role with the privilege 'Group Administrators' "
        "in FreeIPA (the role 'User Administrator' has it)"
    )
    result_code = 50


class NotVisible(DirectoryError):
    """The account sees no group at all, so the group must not be reported as deleted."""

    message = (
        "no group is visible to {bind_dn}, not even admins; check identity.realm or identity.baseDn, "
        "and that the account has FreeIPA's permission 'System: Read Groups'"
    )


class SchemaRefused(DirectoryError):
    """The directory's schema refuses the entry."""

    message = "the directory's schema refuses the entry; check that the server is FreeIPA and its upgrade has finished"
    result_code = 65


class AlreadyExists(Refusal):
    """An entry of that name exists and belongs to no or to another deployment, which the detail names."""

    message = (
        "the group already exists and was not changed; choose another clusterName, "
        "or set identity.existingGroup: adopt to use it with the members it has"
    )
    result_code = 68


class OfAnotherOwner(Refusal):
    """The group of this stack now has the mark of another deployment, which the detail names."""

    message = (
        "the group has another owner and was not changed; to use it all the same, with the members it has, "
        "set identity.existingGroup: adopt"
    )


class AnotherDirectory(Refusal):
    """The server belongs to another FreeIPA directory, which has the same suffix."""

    message = (
        "this is another directory than the one with this stack's group; set identity.server, tls, caCertificate and "
        "bindDn to servers and an account of that directory. All servers must be replicas of one directory. If it was "
        "replaced for good: run pulumi state delete on this resource, and set identity.existingGroup: adopt"
    )


class AnotherGroup(Refusal):
    """The group of that name has another ``ipaUniqueID`` than this stack's."""

    message = (
        "the group of that name is not this stack's: it was created again, or this is another directory; check "
        "identity.server, or set identity.existingGroup: adopt to use the group with the members it has"
    )


class GroupMissing(Refusal):
    """The changed settings lead to a directory without the stack's group."""

    message = (
        "this stack's group does not exist there; check the changed settings of identity. If the group was deleted: "
        "set them back, run pulumi refresh, then pulumi up, and change them afterwards"
    )


class NotComparable(Refusal):
    """The group's id is not in the state, written by an older version, and cannot be read with the old settings."""

    message = (
        "whether this is the same directory as before is not known, because this stack's group cannot be read with the "
        "settings of the last pulumi up; run pulumi up with those settings once, or set identity.existingGroup: adopt"
    )


class NotAUserGroup(Refusal):
    """An entry of that name exists and is not a FreeIPA user group."""

    message = "the entry of that name is not a FreeIPA user group and cannot be adopted; choose another clusterName"


class NoSuchEntry(DirectoryError):
    """The entry to change does not exist."""

    message = "the group no longer exists; run pulumi refresh, then pulumi up, which creates it again without members"
    result_code = 32


class ParentMissing(DirectoryError):
    """The container of all groups does not exist: the server is not FreeIPA's, or the suffix is wrong."""

    message = (
        "the directory has no cn=groups,cn=accounts below the base DN; check identity.realm or identity.baseDn, "
        "and that the server is FreeIPA's"
    )


class Referral(DirectoryError):
    """The server refers to another one. It is not followed, so that the password is sent only to configured servers."""

    message = "the server refers to another server, which is not followed; to use that one, set identity.server to it"
    result_code = 10


class Unwilling(DirectoryError):
    """The server does not make changes."""

    message = "the server refuses changes (it may be read-only); see the directory's error log"
    result_code = 53


class LimitExceeded(DirectoryError):
    """A search in small pages exceeds the server's limit of entries (4), of entries to look through (11) or of time."""

    message = (
        "the server stopped the search at one of its limits for this account; set a higher nsslapd-sizelimit, "
        "nsslapd-lookthroughlimit or nsslapd-timelimit"
    )


class OtherResult(DirectoryError):
    """A result code without an error class of its own."""

    message = "the server refused the operation; see the directory's error log"


class AllServersFailed(FreeIpaError):
    """None of several servers could be used."""

    def __init__(self, failures: Sequence[Unreachable]) -> None:
        super().__init__("none of the servers could be used:\n" + "\n".join(f"  {failure}" for failure in failures))
        self.failures = tuple(failures)


class ServersFailed(FreeIpaError):
    """Some of the servers that must be usable are not."""

    def __init__(self, failures: Sequence[DirectoryError]) -> None:
        super().__init__(
            "nothing was changed, because these servers of identity.server cannot be used:\n"
            + "\n".join(f"  {failure}" for failure in failures)
        )
        self.failures = tuple(failures)


class PreviewRefused(FreeIpaError):
    """A preview found what the next ``up`` would refuse. The text is that refusal."""


class IdentityChanged(FreeIpaError):
    """The group's name or suffix changed, which would replace the group without its members."""

    def __init__(self, field: str, old: str, new: str) -> None:
        super().__init__(
            f"{field}: {old} → {new} would replace the group and leave its members behind; change it back. To start "
            "with a new group: run pulumi state delete on this resource (pulumi stack --show-urns shows its name; the "
            "old group stays in FreeIPA with its members), then pulumi up"
        )
        self.field = field


AT_BIND: dict[int, type[DirectoryError]] = {
    49: WrongPassword,
    53: AccountUnusable,
    10: Referral,
    51: Busy,
    52: Busy,
}
"""Errors by LDAP result code (RFC 4511, appendix A) at the log-in."""

AT_OPERATION: dict[int, type[DirectoryError]] = {
    3: LimitExceeded,
    4: LimitExceeded,
    10: Referral,
    11: LimitExceeded,
    32: NoSuchEntry,
    50: NotPermitted,
    51: Busy,
    52: Busy,
    53: Unwilling,
    65: SchemaRefused,
    68: AlreadyExists,
}
"""Errors by LDAP result code of all later operations."""


def table() -> Iterator[tuple[str, int | None, str]]:
    """Yield name, LDAP result code (None where there is none) and message of every error that a server can cause."""
    yield from ((kind.__name__, kind.result_code, kind.message) for kind in _leaves(DirectoryError))


def _leaves(kind: type[DirectoryError]) -> Iterator[type[DirectoryError]]:
    for child in kind.__subclasses__():
        if "message" in vars(child):
            yield child
        yield from _leaves(child)
