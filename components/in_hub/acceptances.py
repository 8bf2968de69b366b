"""The record of who accepted which terms of use when, on the hub's volume beside its database.

A record belongs to the ``ipaUniqueID`` of an account: names are given to other persons. Run as a program, this module
prints the records, for ``python -m components terms``.
"""

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from components.in_hub.terms import Terms

FILE = Path("terms-of-use.sqlite")
"""The file, in the working folder of the hub's container, which is its volume (z2jh 4.4.0)."""

WAIT_SECONDS = 5.0
"""Time to wait for another connection's write."""

_TABLE = (
    "CREATE TABLE IF NOT EXISTS acceptances (user_id TEXT NOT NULL, version TEXT NOT NULL, user TEXT NOT NULL, "
    "time TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (user_id, version))"
)


@dataclass(frozen=True)
class Acceptance:
    """Record of one acceptance."""

    user_id: str
    version: str
    user: str
    """The account's name at that time."""
    time: str
    """Time in UTC, as ISO 8601."""
    digest: str
    """SHA-256 of the text."""


class Acceptances:
    """The records in a file."""

    def __init__(self, file: Path = FILE) -> None:
        self._file = file

    def find(self, user_id: str, version: str) -> Acceptance | None:
        """Return the record of an account's acceptance of a version; None if there is none.

        Raises:
            sqlite3.Error: the file cannot be read.
        """
        found = self._read("WHERE user_id = ? AND version = ?", user_id, version)
        return found[0] if found else None

    def all(self) -> list[Acceptance]:
        """Return all records, the oldest first.

        Raises:
            sqlite3.Error: the file cannot be read.
        """
        return self._read("ORDER BY time, user")

    def add(self, user_id: str, user: str, terms: Terms, time: str) -> None:
        """Record an acceptance; a repeated one changes nothing.

        Raises:
            sqlite3.Error: the file cannot be written.
        """
        row = (user_id, terms.version, user, time, terms.digest)
        with self._open() as connection, connection:
            connection.execute("INSERT OR IGNORE INTO acceptances VALUES (?, ?, ?, ?, ?)", row)

    def _read(self, condition: str, *values: str) -> list[Acceptance]:
        if not self._file.exists():
            return []
        with self._open() as connection:
            columns = "SELECT user_id, version, user, time, digest FROM acceptances "
            return [Acceptance(*row) for row in connection.execute(columns + condition, values)]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with contextlib.closing(sqlite3.connect(self._file, timeout=WAIT_SECONDS)) as connection:
            connection.execute(_TABLE)
            yield connection


if __name__ == "__main__":
    print(json.dumps([asdict(each) for each in Acceptances().all()]))
