"""Everything that can go wrong between this program and FreeIPA, each as one sentence an operator can act on.

The sentences are data (:func:`table`), so that the tests and the guide speak of the same list.
No sentence ever holds a password: of what was used to log in, only the bind DN is named.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

PASSWORD_VARIABLE = "FREEIPA_BIND_PASSWORD"  # noqa: S105 - a variable's name
PASSWORD_CONFIG_KEY = "pangeo:identityBindPassword"  # noqa: S105 - a configuration key's name


class FreeIpaError(Exception):
    """The root: nothing else is raised by this package on purpose."""


class InvalidSetting(FreeIpaError):
    """A value is refused before anything is sent."""

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


@dataclass(frozen=True)
class Attempt:
    """What was being tried (as in "adding group k1_notebook_users"), against which server, as whom."""

    doing: str
    server: str
    bind_dn: str


class DirectoryError(FreeIpaError):
    """Something failed at a server; the sentence names the server and what was being tried.

    ``detail`` is what the server or the system said, appended when there is any.
    """

    sentence: ClassVar[str]
    result_code: ClassVar[int | None] = None

    def __init__(self, attempt: Attempt, detail: str = "") -> None:
        said = f" [{detail}]" if detail else ""
        super().__init__(f"{attempt.doing} at {attempt.server}: {self.sentence.format(bind_dn=attempt.bind_dn)}{said}")
        self.attempt = attempt


class Unreachable(DirectoryError):
    """No verified, logged-in connection came about through this server; the next one may do."""


class CannotResolve(Unreachable):
    """The name service knows no address of the server."""

    sentence = "the name cannot be resolved; check identity.server and this machine's DNS"


class ConnectionRefused(Unreachable):
    """Nothing listens on the port."""

    sentence = "the connection was refused; check that the directory runs there and that the port is right"


class ConnectFailed(Unreachable):
    """The network does not lead there."""

    sentence = "no connection could be opened; check the network and its firewalls"


class TimedOut(Unreachable):
    """No answer within the time-out."""

    sentence = (
        "no answer in time; check that the directory runs and that no firewall drops the connection, then try again"
    )


class CertificateUntrusted(Unreachable):
    """The certificate is signed by none of the authorities given."""

    sentence = (
        "the server's certificate is not signed by the given authority; "
        "set identity.caCertificate to FreeIPA's CA (/etc/ipa/ca.crt on any enrolled host)"
    )


class CertificateOfAnotherHost(Unreachable):
    """The certificate is good, but for another name."""

    sentence = (
        "the server's certificate does not name this host; write the full host name FreeIPA knows, no alias, no IP"
    )


class CertificateExpired(Unreachable):
    """The certificate's time, or its authority's, is over or has not begun."""

    sentence = (
        "the server's certificate or its authority's is expired or not valid yet; "
        "renew it in FreeIPA and check this machine's clock"
    )


class NoTls(Unreachable):
    """What answered does not speak TLS 1.2 or newer there."""

    sentence = (
        "no TLS connection came about; check that identity.tls fits the port "
        "(ldaps: 636, starttls: 389) and that the server offers TLS 1.2 or newer"
    )


class StartTlsRefused(Unreachable):
    """The server answers, but will not start TLS; nothing was sent in the clear."""

    sentence = "the server refuses StartTLS and plain LDAP is never used; set identity.tls to ldaps"


class ServerClosed(Unreachable):
    """The connection broke before the answer was complete."""

    sentence = "the server closed the connection before it had answered; see the directory's error log and try again"


class GarbledAnswer(Unreachable):
    """What came back is not LDAP."""

    sentence = "the answer is not LDAP; check that the port is the directory's and nothing stands in between"


class Busy(Unreachable):
    """The server cannot take the request now."""

    sentence = "the server is busy or unavailable; try again later"
    result_code = 51


class AnswerLost(DirectoryError):
    """A change was sent, and whether it was made is not known."""

    sentence = (
        "the connection was lost before the answer, so whether the change was made is not known; "
        "run pulumi refresh, then pulumi up (a group that then already exists is taken over with "
        "identity.existingGroup: adopt)"
    )


class WrongPassword(DirectoryError):
    """The bind DN or its password is wrong; no other server is asked, for failed tries count towards a lock-out."""

    sentence = (
        f"the server does not accept {{bind_dn}} with this password; check identity.bindDn and {PASSWORD_VARIABLE} "
        f"(or {PASSWORD_CONFIG_KEY}). Failed tries count towards locking the account"
    )
    result_code = 49


class AccountUnusable(DirectoryError):
    """The account is locked, disabled or past its end."""

    sentence = "{bind_dn} is locked, disabled or expired; unlock or renew the account in FreeIPA"
    result_code = 53


class BindRefused(DirectoryError):
    """The log-in failed for another reason."""

    sentence = "the server refuses to log {bind_dn} in; check identity.bindDn"


class NotPermitted(DirectoryError):
    """The account lacks the privilege."""

    sentence = (
        "{bind_dn} is not allowed to do this; give it a role with the privilege 'Group Administrators' "
        "in FreeIPA (the role 'User Administrator' has it)"
    )
    result_code = 50


class NotVisible(DirectoryError):
    """The account sees no group at all; taking ours for gone would lose it from the state."""

    sentence = (
        "no group is visible to {bind_dn}, not even admins; check identity.realm or identity.baseDn, "
        "and that the account has FreeIPA's permission 'System: Read Groups'"
    )


class SchemaRefused(DirectoryError):
    """The directory's schema does not take the entry."""

    sentence = "the directory's schema refuses the entry; check that the server is FreeIPA and its upgrade has finished"
    result_code = 65


class AlreadyExists(DirectoryError):
    """There is an entry of that name."""

    sentence = (
        "the group already exists and is left as it is; choose another clusterName, "
        "or set identity.existingGroup: adopt to use it with the members it has"
    )
    result_code = 68


class NotAUserGroup(DirectoryError):
    """An entry of that name exists and is no FreeIPA user group."""

    sentence = "the entry of that name is not a FreeIPA user group and cannot be adopted; choose another clusterName"


class NoSuchEntry(DirectoryError):
    """The entry to change is gone."""

    sentence = "the group is not there any more; run pulumi refresh, then pulumi up makes it anew without members"
    result_code = 32


class ParentMissing(DirectoryError):
    """The container of all groups is not there: another directory, or a wrong suffix."""

    sentence = (
        "the directory has no cn=groups,cn=accounts below the base DN; check identity.realm or identity.baseDn, "
        "and that the server is FreeIPA's"
    )


class Referral(DirectoryError):
    """The server sends on to another one, which is not followed: the password goes only where it was meant to."""

    sentence = (
        "the server refers to another one, which is not followed; name that one in identity.server if you mean it"
    )
    result_code = 10


class Unwilling(DirectoryError):
    """The server refuses the change as such."""

    sentence = "the server is unwilling to make the change (it may be read-only); see the directory's error log"
    result_code = 53


class OtherResult(DirectoryError):
    """A result this program has no words of its own for."""

    sentence = "the server refused; see the directory's error log"


class AllServersFailed(FreeIpaError):
    """Several servers were tried in order and none served."""

    def __init__(self, failures: Sequence[Unreachable]) -> None:
        super().__init__("none of the servers could be used:\n" + "\n".join(f"  {failure}" for failure in failures))
        self.failures = tuple(failures)


class IdentityChanged(FreeIpaError):
    """The group's name or suffix changed, which would leave its members behind."""

    def __init__(self, field: str, old: str, new: str) -> None:
        super().__init__(
            f"{field}: {old} → {new} would replace the group and leave its members behind; change it back. To really "
            "start a new group: run pulumi state delete on this resource (pulumi stack --show-urns names it; the old "
            "group stays in FreeIPA with its members), then pulumi up"
        )
        self.field = field


AT_BIND: dict[int, type[DirectoryError]] = {
    49: WrongPassword,
    53: AccountUnusable,
    10: Referral,
    51: Busy,
    52: Busy,
}
"""LDAP result codes (RFC 4511, appendix A) while logging in."""

AT_OPERATION: dict[int, type[DirectoryError]] = {
    10: Referral,
    32: NoSuchEntry,
    50: NotPermitted,
    51: Busy,
    52: Busy,
    53: Unwilling,
    65: SchemaRefused,
    68: AlreadyExists,
}
"""LDAP result codes of everything after the log-in."""


def table() -> Iterator[tuple[str, int | None, str]]:
    """Name, LDAP result code (None where no result came) and sentence of every error a server can cause."""
    yield from ((kind.__name__, kind.result_code, kind.sentence) for kind in _leaves(DirectoryError))


def _leaves(kind: type[DirectoryError]) -> Iterator[type[DirectoryError]]:
    for child in kind.__subclasses__():
        if "sentence" in vars(child):
            yield child
        yield from _leaves(child)
