"""One verified, logged-in connection to one of a directory's servers, for as long as one call takes.

Plain LDAP is impossible here: the password is sent only after the server's certificate and host name are verified
(TLS 1.2 or newer). Referrals are never followed, so it goes nowhere else.
"""

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import ldap3
from ldap3.core.exceptions import LDAPSessionTerminatedByServerError, LDAPSocketOpenError, LDAPStartTLSError

from components.deadline import deadline
from components.escape import escape_control_characters
from components.freeipa import errors
from components.freeipa.errors import Attempt, Unreachable
from components.freeipa.settings import Directory, ServerAddress

Result = Mapping[str, Any]
Entry = Mapping[str, Sequence[str]]

WHOLE_ANSWER_TIMES = 3
"""A whole answer, or a whole beginning with its handshake, may take as many times the time-out of its next byte."""

SUCCESS = 0
NO_SUCH_OBJECT = 32

_EXPIRED = frozenset({9, 10})
_ANOTHER_HOST = frozenset({62, 64})
"""OpenSSL's X509_V_ERR_* numbers (``x509_vfy.h``): not yet valid, expired; host name, IP address mismatch."""


@contextmanager
def connected(directory: Directory, password: str) -> Iterator["Session"]:
    """A session on the first of the servers, tried in order, with which a log-in comes about.

    A wrong password ends the search: asking the next server would only count another failed try.

    Raises:
        Unreachable: the only server could not be used.
        AllServersFailed: none of several could.
        DirectoryError: a server refused the log-in.
    """
    failures: list[Unreachable] = []
    for server in directory.servers:
        try:
            session = Session.open(directory, server, password)
        except Unreachable as failure:
            failures.append(failure)
            continue
        try:
            yield session
        finally:
            session.close()
        return
    raise failures[0] if len(failures) == 1 else errors.AllServersFailed(failures)


class Session:
    """A logged-in connection. Every operation is one round trip and ends in a result or a sentence."""

    def __init__(self, connection: ldap3.Connection, server: ServerAddress) -> None:
        self._connection = connection
        self._server = server
        self._patience_seconds = WHOLE_ANSWER_TIMES * float(connection.receive_timeout)

    @classmethod
    def open(cls, directory: Directory, server: ServerAddress, password: str) -> "Session":
        """Connect, verify, log in: one round trip of LDAP, two with StartTLS.

        Raises:
            DirectoryError: as the sentence says.
        """
        if not password:  # an empty one would log in as nobody, successfully (RFC 4513, section 5.1.2)
            raise errors.PasswordMissing
        tls = _VerifiedTls(directory.ca_certificate, server.host)
        connection = ldap3.Connection(
            ldap3.Server(
                server.host,
                port=server.port,
                use_ssl=directory.tls == "ldaps",
                get_info=ldap3.NONE,
                tls=tls,
                connect_timeout=directory.connect_timeout_seconds,
            ),
            user=directory.bind_dn,
            password=password,
            auto_bind=ldap3.AUTO_BIND_NONE,
            authentication=ldap3.SIMPLE,
            auto_referrals=False,
            check_names=False,
            fast_decoder=False,  # the fast one trips over a referral at log-in
            receive_timeout=directory.receive_timeout_seconds,
            return_empty_attributes=False,
        )
        session = cls(connection, server)
        try:
            session._secure(directory, tls)
            session._log_in()
        except BaseException:
            session.close()
            raise
        return session

    def close(self) -> None:
        """Say goodbye if anyone is still there; nothing is kept."""
        with suppress(Exception):
            self._connection.unbind()
        with suppress(Exception):
            self._connection.socket.close()

    def children(self, dn: str, where: str, attributes: Sequence[str], doing: str) -> list[Entry] | None:
        """The named attributes, by lower-cased name, of the entries right below ``dn`` that match the filter ``where``.

        None where the server says that there is no ``dn``. What the account may not see is not there either.

        Raises:
            DirectoryError: as the sentence says.
        """
        attempt = self.attempt(doing)
        items: list[Mapping[str, Any]] = []

        def search() -> None:
            self._connection.search(dn, where, search_scope=ldap3.LEVEL, attributes=list(attributes))
            items.extend(self._connection.response or [])

        result = self._exchange(attempt, search)
        if any(item["type"] == "searchResRef" for item in items):
            raise errors.Referral(attempt)
        if result["result"] == NO_SUCH_OBJECT:
            return None
        self._expect_success(attempt, result)
        return [
            {
                name.lower(): [value.decode("utf-8", "replace") for value in values]
                for name, values in item["raw_attributes"].items()
            }
            for item in items
            if item["type"] == "searchResEntry"
        ]

    def add(self, dn: str, object_classes: Sequence[str], attributes: Mapping[str, str], doing: str) -> None:
        """Add the entry ``dn``.

        Raises:
            DirectoryError: as the sentence says.
        """
        changes = list(object_classes), dict(attributes)
        self._change(doing, lambda: self._connection.add(dn, *changes))  # type: ignore[no-untyped-call]

    def replace(self, dn: str, attribute: str, value: str, doing: str) -> None:
        """Give ``attribute`` this one value and touch no other.

        Raises:
            DirectoryError: as the sentence says.
        """
        self._modify(dn, attribute, ldap3.MODIFY_REPLACE, value, doing)

    def add_value(self, dn: str, attribute: str, value: str, doing: str) -> None:
        """Give ``attribute`` one value more; those it has, also from somebody else at the same time, stay.

        Raises:
            DirectoryError: as the sentence says; OtherResult where it has the value already.
        """
        self._modify(dn, attribute, ldap3.MODIFY_ADD, value, doing)

    def remove_value(self, dn: str, attribute: str, value: str, doing: str) -> None:
        """Take this one value from ``attribute``; the others stay.

        Raises:
            DirectoryError: as the sentence says; OtherResult where it has no such value.
        """
        self._modify(dn, attribute, ldap3.MODIFY_DELETE, value, doing)

    def delete(self, dn: str, doing: str) -> None:
        """Delete the entry ``dn``.

        Raises:
            DirectoryError: as the sentence says.
        """
        self._change(doing, lambda: self._connection.delete(dn))  # type: ignore[no-untyped-call]

    def _modify(self, dn: str, attribute: str, how: str, value: str, doing: str) -> None:
        changes = {attribute: [(how, [value])]}
        self._change(doing, lambda: self._connection.modify(dn, changes))  # type: ignore[no-untyped-call]

    def _change(self, doing: str, call: Callable[[], object]) -> None:
        attempt = self.attempt(doing)
        try:
            result = self._exchange(attempt, call)
        except Unreachable as failure:
            raise errors.AnswerLost(attempt, type(failure).sentence) from None
        self._expect_success(attempt, result)

    def _secure(self, directory: Directory, tls: "_VerifiedTls") -> None:
        attempt = self.attempt("connecting")
        with deadline(self._patience_seconds, self._break_off) as expired:
            try:
                self._connection.open(read_server_info=False)
                if directory.tls == "starttls":
                    self._connection.start_tls(read_server_info=False)
            except Exception as error:
                if expired.is_set():
                    raise errors.TimedOut(attempt) from None
                if tls.failure is not None:
                    raise _tls_failure(attempt, tls.failure) from None
                if isinstance(error, LDAPSocketOpenError) and not self._connection.server.address_info:
                    raise errors.CannotResolve(attempt) from None
                if isinstance(error, LDAPStartTLSError):
                    raise errors.StartTlsRefused(attempt, self._said(self._connection.result)) from None
                raise _broken(attempt, error) from None

    def _log_in(self) -> None:
        attempt = self.attempt("logging in")
        result = self._exchange(attempt, lambda: self._connection.bind(read_server_info=False))
        if result["result"] != SUCCESS:
            kind = errors.AT_BIND.get(result["result"], errors.BindRefused)
            raise kind(attempt, self._said(result))

    def _exchange(self, attempt: Attempt, call: Callable[[], object]) -> Result:
        with deadline(self._patience_seconds, self._break_off) as expired:
            try:
                call()
                result: Result = self._connection.result
                int(result["result"])
            except Exception as error:
                raise errors.TimedOut(attempt) if expired.is_set() else _broken(attempt, error) from None
        return result

    def _break_off(self) -> None:
        self._connection.socket.shutdown(socket.SHUT_RDWR)

    def _expect_success(self, attempt: Attempt, result: Result) -> None:
        if result["result"] != SUCCESS:
            raise errors.AT_OPERATION.get(result["result"], errors.OtherResult)(attempt, self._said(result))

    def attempt(self, doing: str) -> Attempt:
        """What an error should name when ``doing`` fails here."""
        return Attempt(doing, str(self._server), str(self._connection.user))

    def _said(self, result: Result | None) -> str:
        """The server's own words on one line, never with the password should it echo it."""
        if not result:
            return ""
        words = " ".join(f"{result.get('description', '')}: {result.get('message', '')}".split())
        return escape_control_characters(words.rstrip(": ").replace(str(self._connection.password), "(password)"))


class _VerifiedTls(ldap3.Tls):
    """TLS by Python's own verification, certificate and host name at once; remembers why it failed.

    ldap3 verifies names in code of its own, and of a failure it keeps the text alone.
    """

    def __init__(self, ca_certificate: str | None, host: str) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._context = ssl.create_default_context(cadata=ca_certificate)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._host = host
        self.failure: Exception | None = None

    def wrap_socket(self, connection: ldap3.Connection, do_handshake: bool = False) -> None:
        try:
            secured = self._context.wrap_socket(
                connection.socket, server_hostname=self._host, do_handshake_on_connect=False
            )
            connection.socket = secured  # known before the handshake, so that one without an end can be ended
            secured.do_handshake()
        except Exception as error:
            self.failure = error
            raise


def _tls_failure(attempt: Attempt, error: Exception) -> Unreachable:
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in _ANOTHER_HOST:
            return errors.CertificateOfAnotherHost(attempt, error.verify_message)
        if error.verify_code in _EXPIRED:
            return errors.CertificateExpired(attempt, error.verify_message)
        return errors.CertificateUntrusted(attempt, error.verify_message)
    if isinstance(error, TimeoutError):
        return errors.TimedOut(attempt)
    return errors.NoTls(attempt, getattr(error, "reason", None) or type(error).__name__)


def _broken(attempt: Attempt, error: Exception) -> Unreachable:
    """Which way the connection failed. ldap3 mixes the system's exception into its own, or lists one an address."""
    tried = error.args[1] if isinstance(error, LDAPSocketOpenError) and len(error.args) > 1 else [(error, None)]
    causes = [cause for cause, _ in tried]
    for kind, sentence in (
        (TimeoutError, errors.TimedOut),
        (ConnectionRefusedError, errors.ConnectionRefused),
        (LDAPSessionTerminatedByServerError, errors.ServerClosed),
        (ConnectionError, errors.ServerClosed),
        (ssl.SSLError, errors.ServerClosed),
        (socket.gaierror, errors.CannotResolve),
        (LDAPSocketOpenError, errors.ConnectFailed),
        (OSError, errors.ServerClosed),
    ):
        if any(isinstance(cause, kind) for cause in causes):
            return sentence(attempt)
    return errors.GarbledAnswer(attempt, type(error).__name__)
