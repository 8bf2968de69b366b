"""Session with the first of the directory's servers that can be used. A search that fails is sent to the next one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

from components.freeipa import errors
from components.freeipa.connection import Connection, Entry
from components.freeipa.errors import Attempt, DirectoryError, Unreachable
from components.freeipa.server_health import ServerHealth
from components.freeipa.settings import Directory, ServerAddress

T = TypeVar("T")


@contextmanager
def open_session(directory: Directory, password: str, health: ServerHealth | None = None) -> Iterator["Session"]:
    """Open a session. The servers are tried in order, those that failed lately last.

    A refused log-in is final: no other server is tried, because failed log-ins lock the account.

    Args:
        directory: the servers and the account.
        password: the account's password.
        health: memory of failing servers, for a process with many sessions.

    Raises:
        Unreachable: the only server could not be used.
        AllServersFailed: none of several servers could be used.
        DirectoryError: a server refused the log-in.
    """
    session = Session(directory, password, health or ServerHealth())
    try:
        session.connect()
        yield session
    finally:
        session.close()


class Session:
    """Log-in to a directory. Every operation returns a result or raises a ``FreeIpaError``.

    A search that fails because of the server is repeated at the next one, each server being used at most once. A change
    is sent only once; after it, searches are not moved to a server that may not have the change yet.
    """

    def __init__(self, directory: Directory, password: str, health: ServerHealth) -> None:
        self._directory = directory
        self._password = password
        self._health = health
        self._candidates = health.candidates(directory.servers)
        self._failures: list[Unreachable] = []
        self._connection: Connection | None = None
        self._has_changed = False

    def connect(self) -> None:
        """Log in at the next server that can be used.

        Raises:
            FreeIpaError: as in :func:`open_session`.
        """
        for server in self._candidates:
            try:
                self._connection = Connection.open(self._directory, server, self._password)
            except Unreachable as failure:
                self._record(server, failure)
                continue
            except DirectoryError:  # a verdict on the account
                self._health.record_answer(server)
                raise
            self._health.record_answer(server)
            return
        raise self._failures[0] if len(self._failures) == 1 else errors.AllServersFailed(self._failures)

    def close(self) -> None:
        """Close the connection. Errors are ignored."""
        if self._connection is not None:
            self._connection.close()

    def children(self, dn: str, where: str, attributes: Sequence[str], operation: str) -> list[Entry]:
        """Return entries as :meth:`Connection.children` does, from the first server that can answer.

        Raises:
            FreeIpaError: the search failed, at the only server or at all that are left.
        """
        return self._search(lambda connection: connection.children(dn, where, attributes, operation))

    def exists(self, dn: str, operation: str) -> bool:
        """Return whether an entry exists, as :meth:`Connection.exists` does, from the first server that can answer.

        Raises:
            FreeIpaError: the search failed, at the only server or at all that are left.
        """
        return self._search(lambda connection: connection.exists(dn, operation))

    def add(self, dn: str, object_classes: Sequence[str], attributes: Mapping[str, str], operation: str) -> None:
        """Add the entry ``dn``.

        Raises:
            DirectoryError: the change failed.
        """
        self._change(lambda connection: connection.add(dn, object_classes, attributes, operation))

    def replace(self, dn: str, attribute: str, value: str, operation: str) -> None:
        """Replace all values of ``attribute`` with this one; other attributes stay.

        Raises:
            DirectoryError: the change failed.
        """
        self._change(lambda connection: connection.replace(dn, attribute, value, operation))

    def add_value(self, dn: str, attribute: str, value: str, operation: str) -> None:
        """Add one value to ``attribute``; its other values stay, including those that are added at the same time.

        Raises:
            DirectoryError: the change failed; OtherResult where the attribute already has the value.
        """
        self._change(lambda connection: connection.add_value(dn, attribute, value, operation))

    def remove_value(self, dn: str, attribute: str, value: str, operation: str) -> None:
        """Remove one value from ``attribute``; its other values stay.

        Raises:
            DirectoryError: the change failed; OtherResult where the attribute lacks the value.
        """
        self._change(lambda connection: connection.remove_value(dn, attribute, value, operation))

    def delete(self, dn: str, operation: str) -> None:
        """Delete the entry ``dn``.

        Raises:
            DirectoryError: the change failed.
        """
        self._change(lambda connection: connection.delete(dn, operation))

    def attempt(self, operation: str) -> Attempt:
        """Return the description of ``operation`` for an error."""
        return self._current.attempt(operation)

    def _search(self, read: Callable[[Connection], T]) -> T:
        while True:
            try:
                return read(self._current)
            except Unreachable as failure:
                if self._has_changed:
                    raise
                self._record(self._current.server, failure)
            self.close()
            self.connect()

    def _change(self, make: Callable[[Connection], None]) -> None:
        self._has_changed = True
        make(self._current)

    def _record(self, server: ServerAddress, failure: Unreachable) -> None:
        self._failures.append(failure)
        self._health.record_failure(server, failure)

    @property
    def _current(self) -> Connection:
        if self._connection is None:
            raise RuntimeError("the session is not open")
        return self._connection
