"""Verified, logged-in connection to a server of the directory.

The password is sent only after the server's certificate and host name are verified (TLS 1.2 or newer). There is no
plain LDAP, and referrals are not followed, so the password is sent to no other server.
"""

import functools
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import ldap3
from ldap3.core.exceptions import LDAPSocketOpenError, LDAPStartTLSError

from components.deadline import deadline
from components.escape import escape_control_characters
from components.freeipa import connection_errors, errors
from components.freeipa.errors import Attempt, Unreachable
from components.freeipa.results import (
    NO_SUCH_OBJECT,
    SIZE_LIMIT_EXCEEDED,
    SUCCESS,
    change_error,
    log_in_error,
    next_page,
    search_error,
)
from components.freeipa.settings import Directory, ServerAddress
from components.freeipa.verified_tls import VerifiedTls, connection_error, tls_error

Result = Mapping[str, Any]
Entry = Mapping[str, Sequence[str]]

WHOLE_ANSWER_TIMES = 3
"""Deadline of a whole answer, or of connecting with the handshake, as a multiple of the timeout of the next byte."""

PAGE_ENTRIES = 500
"""Number of entries in a page of a search. A server whose size limit is lower is asked for smaller pages."""

PAGES_MAX = 10_000
"""Limit of a search's pages, for a server that announces another page without end."""


class Connection:
    """Logged-in connection. Every operation is one round trip and returns a result or raises a ``FreeIpaError``."""

    def __init__(self, connection: ldap3.Connection, server: ServerAddress) -> None:
        self._connection = connection
        self.server = server
        self._deadline_seconds = WHOLE_ANSWER_TIMES * float(connection.receive_timeout)

    @classmethod
    def open(cls, directory: Directory, server: ServerAddress, password: str) -> "Connection":
        """Connect, verify, log in: one round trip of LDAP, two with StartTLS.

        Raises:
            DirectoryError: one of these steps failed.
        """
        if not password:  # an empty password is a successful anonymous log-in (RFC 4513, section 5.1.2)
            raise errors.PasswordMissing
        session = cls._connect(directory, server, password)
        try:
            session._log_in()
        except BaseException:
            session.close()
            raise
        return session

    @classmethod
    def check(cls, directory: Directory, server: ServerAddress) -> None:
        """Connect and verify the certificate, without a log-in.

        Raises:
            Unreachable: the server cannot be used.
        """
        cls._connect(directory, server).close()

    @classmethod
    def _connect(cls, directory: Directory, server: ServerAddress, password: str | None = None) -> "Connection":
        tls = VerifiedTls(directory.ca_certificate, server.host)
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
            authentication=ldap3.ANONYMOUS if password is None else ldap3.SIMPLE,
            auto_bind=ldap3.AUTO_BIND_NONE,
            auto_referrals=False,
            check_names=False,
            fast_decoder=False,  # the fast decoder fails on a referral at the log-in
            receive_timeout=directory.receive_timeout_seconds,
            return_empty_attributes=False,
        )
        session = cls(connection, server)
        try:
            session._secure(directory, tls)
        except BaseException:
            session.close()
            raise
        return session

    def close(self) -> None:
        """Close the connection. Errors are ignored."""
        with suppress(Exception):
            self._connection.unbind()
        with suppress(Exception):
            self._connection.socket.close()

    def children(self, dn: str, where: str, attributes: Sequence[str], operation: str) -> list[Entry]:
        """Return the attributes, by lower-case name, of the entries directly below ``dn`` that match ``where``.

        They are read in pages, so their number is not bounded by the server's size limit. Entries and attributes that
        the account may not see are missing. There are none where ``dn`` does not exist; see :meth:`exists`.

        Args:
            dn: the container.
            where: an LDAP filter.
            attributes: names of the attributes to return.
            operation: description of the operation for error messages.

        Raises:
            DirectoryError: the search failed.
        """
        attempt = self.attempt(operation)
        size = PAGE_ENTRIES
        while True:
            items, result = self._search_pages(attempt, dn, where, attributes, size)
            # 389-ds refuses a page that is not smaller than its limit, but any number of smaller pages is permitted.
            size = min(size, len(items)) // 2
            if result["result"] != SIZE_LIMIT_EXCEEDED or size == 0:
                break
        if any(item["type"] == "searchResRef" for item in items):
            raise errors.Referral(attempt)
        if result["result"] not in (SUCCESS, NO_SUCH_OBJECT):
            raise search_error(attempt, result["result"], self._server_message(result))
        return [
            {
                name.lower(): [value.decode("utf-8", "replace") for value in values]
                for name, values in item["raw_attributes"].items()
            }
            for item in items
            if item["type"] == "searchResEntry"
        ]

    def exists(self, dn: str, operation: str) -> bool:
        """Return whether the entry ``dn`` exists, which a search in pages below it does not show.

        To a search in pages below a suffix that it does not have, 389-ds answers with an empty page. An entry that the
        account may not see exists.

        Raises:
            DirectoryError: the search failed.
        """
        attempt = self.attempt(operation)
        search = functools.partial(
            self._connection.search, dn, "(objectClass=*)", search_scope=ldap3.BASE, attributes=[ldap3.NO_ATTRIBUTES]
        )
        result = self._exchange(attempt, search)
        if result["result"] not in (SUCCESS, NO_SUCH_OBJECT):
            raise search_error(attempt, result["result"], self._server_message(result))
        return bool(result["result"] == SUCCESS)

    def _search_pages(
        self, attempt: Attempt, dn: str, where: str, attributes: Sequence[str], size: int
    ) -> tuple[list[Mapping[str, Any]], Result]:
        """Return the items of all pages up to the first that is not successful, and the result of the last page."""
        items: list[Mapping[str, Any]] = []
        cookie: bytes | None = None
        for _ in range(PAGES_MAX):
            search = functools.partial(
                self._connection.search,
                dn,
                where,
                search_scope=ldap3.LEVEL,
                attributes=list(attributes),
                paged_size=size,
                paged_cookie=cookie,
            )
            result = self._exchange(attempt, search)
            items += self._connection.response or []
            cookie = next_page(result)
            if result["result"] != SUCCESS or not cookie:
                return items, result
        raise connection_errors.GarbledAnswer(attempt, f"more than {PAGES_MAX} pages of one search")

    def add(self, dn: str, object_classes: Sequence[str], attributes: Mapping[str, str], operation: str) -> None:
        """Add the entry ``dn``.

        Raises:
            DirectoryError: the change failed.
        """
        changes = list(object_classes), dict(attributes)
        self._change(operation, lambda: self._connection.add(dn, *changes))  # type: ignore[no-untyped-call]

    def replace(self, dn: str, attribute: str, value: str, operation: str) -> None:
        """Replace all values of ``attribute`` with this one; other attributes stay.

        Raises:
            DirectoryError: the change failed.
        """
        self._modify(dn, attribute, ldap3.MODIFY_REPLACE, value, operation)

    def add_value(self, dn: str, attribute: str, value: str, operation: str) -> None:
        """Add one value to ``attribute``; its other values stay, including those that are added at the same time.

        Raises:
            DirectoryError: the change failed; OtherResult where the attribute already has the value.
        """
        self._modify(dn, attribute, ldap3.MODIFY_ADD, value, operation)

    def remove_value(self, dn: str, attribute: str, value: str, operation: str) -> None:
        """Remove one value from ``attribute``; its other values stay.

        Raises:
            DirectoryError: the change failed; OtherResult where the attribute lacks the value.
        """
        self._modify(dn, attribute, ldap3.MODIFY_DELETE, value, operation)

    def delete(self, dn: str, operation: str) -> None:
        """Delete the entry ``dn``.

        Raises:
            DirectoryError: the change failed.
        """
        self._change(operation, lambda: self._connection.delete(dn))  # type: ignore[no-untyped-call]

    def _modify(self, dn: str, attribute: str, change: str, value: str, operation: str) -> None:
        changes = {attribute: [(change, [value])]}
        self._change(operation, lambda: self._connection.modify(dn, changes))  # type: ignore[no-untyped-call]

    def _change(self, operation: str, call: Callable[[], object]) -> None:
        attempt = self.attempt(operation)
        try:
            result = self._exchange(attempt, call)
        except Unreachable as failure:
            raise errors.AnswerLost(attempt, type(failure).message) from None
        if result["result"] != SUCCESS:
            raise change_error(attempt, result["result"], self._server_message(result))

    def _secure(self, directory: Directory, tls: VerifiedTls) -> None:
        attempt = self.attempt("connecting")
        with deadline(self._deadline_seconds, self._socket) as expired:
            try:
                self._connection.open(read_server_info=False)
                if directory.tls == "starttls":
                    self._connection.start_tls(read_server_info=False)
            except Exception as error:
                if expired.is_set():
                    raise connection_errors.TimedOut(attempt) from None
                if tls.failure is not None:
                    raise tls_error(attempt, tls.failure) from None
                if isinstance(error, LDAPSocketOpenError) and not self._connection.server.address_info:
                    raise connection_errors.CannotResolve(attempt) from None
                if isinstance(error, LDAPStartTLSError):
                    raise connection_errors.StartTlsRefused(
                        attempt, self._server_message(self._connection.result)
                    ) from None
                raise connection_error(attempt, error) from None

    def _log_in(self) -> None:
        attempt = self.attempt("logging in")
        result = self._exchange(attempt, lambda: self._connection.bind(read_server_info=False))
        if result["result"] != SUCCESS:
            text = str(result.get("message") or "")
            raise log_in_error(attempt, result["result"], text, self._server_message(result))

    def _exchange(self, attempt: Attempt, call: Callable[[], object]) -> Result:
        with deadline(self._deadline_seconds, self._socket) as expired:
            try:
                call()
                result: Result = self._connection.result
                int(result["result"])
            except Exception as error:
                raise (
                    connection_errors.TimedOut(attempt) if expired.is_set() else connection_error(attempt, error)
                ) from None
        return result

    def _socket(self) -> socket.socket | None:
        found: socket.socket | None = self._connection.socket
        return found

    def attempt(self, operation: str) -> Attempt:
        """Return the description of ``operation`` for an error."""
        return Attempt(operation, str(self.server), str(self._connection.user))

    def _server_message(self, result: Result | None) -> str:
        """Return the server's message on one line, without the password if the server repeats it."""
        if not result:
            return ""
        message = " ".join(f"{result.get('description', '')}: {result.get('message', '')}".split())
        return escape_control_characters(message.rstrip(": ").replace(str(self._connection.password), "(password)"))
