"""The record of users' use of the cluster: sums of each UTC day, in an SQLite file beside the hub's database.

A row of a user and a day needs about 80 bytes. Groups are those that the user had at the time, so a user whose groups
change in a day has several rows.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from components.in_hub.usage_amounts import AMOUNTS, HOMES, Rates, counted_from, split_days, utc_day

T = TypeVar("T")

NAME = "usage.sqlite"
DAMAGED = (f"{NAME}.damaged", f"{NAME}.damaged-last")
"""Names of damaged files: the first one, which has most of the record, and the last one."""

ROWS_PER_ANSWER = 500
LOCK_SECONDS = 5.0
"""Time to wait for another process's transaction."""

_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS who (
  id INTEGER PRIMARY KEY, user TEXT NOT NULL, user_id TEXT NOT NULL, groups TEXT NOT NULL,
  UNIQUE (user, user_id, groups));
CREATE TABLE IF NOT EXISTS amounts (
  day TEXT NOT NULL, who INTEGER NOT NULL, {", ".join(f"{name} REAL NOT NULL" for name in AMOUNTS)},
  PRIMARY KEY (day, who)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS observed (day TEXT PRIMARY KEY, hours REAL NOT NULL);
CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Key(NamedTuple):
    """The user that amounts are attributed to."""

    user: str
    user_id: str
    """``ipaUniqueID``; empty if it is not known."""
    groups: tuple[str, ...]


class Sample(NamedTuple):
    """Rates of all users at a time."""

    now: float
    elapsed: float | None
    """As in ``counted_from``."""
    rates: Mapping[Key, Rates]


@dataclass
class UsageFile:
    """The file. Methods block, and may be called by several threads."""

    path: Path
    tolerance: float
    """As in ``counted_from``."""
    keep_days: int
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, sample: Sample) -> None:
        """Add a sample, and remove days that are no longer kept.

        Raises:
            sqlite3.Error, OSError: the file or the volume does not take it; nothing was added.
        """
        with self._lock:
            self._repaired(lambda: self._add(sample), utc_day(sample.now))

    def read(self, first: str, last: str, after: int, now: float) -> dict[str, Any]:
        """Return the sums of a period, of at most ``ROWS_PER_ANSWER`` users.

        Args:
            first: the first day.
            last: the last day.
            after: ``next`` of the answer before; 0 for the first answer.
            now: the present time.

        Raises:
            sqlite3.Error, OSError: the file cannot be read.
        """
        with self._lock:
            return self._repaired(lambda: self._read(first, last, after), utc_day(now))

    def _repaired(self, action: Callable[[], T], day: str) -> T:
        try:
            return action()
        except sqlite3.DatabaseError as error:
            # Its subclasses are other failures, such as a full volume.
            if type(error) is not sqlite3.DatabaseError:
                raise
            aside = next((path for path in map(self.path.with_name, DAMAGED) if not path.exists()), None)
            aside = aside or self.path.with_name(DAMAGED[-1])
            # A journal would be applied to the new file.
            self.path.with_name(f"{NAME}-journal").unlink(missing_ok=True)
            self.path.replace(aside)
            with closing(self._open()) as database, database:
                note = f"{day}: the record was damaged ({error}); it is in {aside.name}, and a new one was begun"
                database.execute("INSERT OR REPLACE INTO state VALUES ('note', ?)", [note])
            return action()

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=LOCK_SECONDS)
        try:
            database.executescript(_SCHEMA)
        except sqlite3.Error:
            database.close()
            raise
        return database

    def _add(self, sample: Sample) -> None:
        with closing(self._open()) as database, database:
            database.execute("BEGIN IMMEDIATE")
            found = database.execute("SELECT value FROM state WHERE key = 'last'").fetchone()
            last = float(found[0]) if found else None
            start = counted_from(sample.now, sample.elapsed, last, self.tolerance)
            for day, hours in split_days(start, sample.now):
                if not database.execute("UPDATE observed SET hours = hours + ? WHERE day = ?", [hours, day]).rowcount:
                    database.execute("INSERT INTO observed VALUES (?, ?)", [day, hours])
                    self._prune(database, day)
                _add_hours(database, day, hours, sample.rates)
            database.execute("INSERT OR REPLACE INTO state VALUES ('last', ?)", [repr(sample.now)])

    def _prune(self, database: sqlite3.Connection, today: str) -> None:
        # A clock that is years ahead for a moment must not empty the record: the day before must be known.
        yesterday = database.execute("SELECT 1 FROM observed WHERE day = date(?, '-1 day')", [today]).fetchone()
        if yesterday is None:
            return
        oldest = database.execute("SELECT date(?, ?)", [today, f"-{self.keep_days - 1} days"]).fetchone()
        database.execute("DELETE FROM amounts WHERE day < ?", oldest)
        database.execute("DELETE FROM observed WHERE day < ?", oldest)
        database.execute("DELETE FROM who WHERE id NOT IN (SELECT who FROM amounts)")

    def _read(self, first: str, last: str, after: int) -> dict[str, Any]:
        with closing(self._open()) as database:
            state = dict(database.execute("SELECT key, value FROM state"))
            sums = ", ".join(f"SUM({name})" for name in AMOUNTS)
            rows = database.execute(
                f"SELECT id, user, user_id, groups, {sums} FROM amounts JOIN who ON who = id"  # noqa: S608 - constants
                " WHERE day BETWEEN ? AND ? AND id > ? GROUP BY id ORDER BY id LIMIT ?",
                [first, last, after, ROWS_PER_ANSWER],
            ).fetchall()
            days = database.execute(
                "SELECT day, hours FROM observed WHERE day BETWEEN ? AND ? ORDER BY day", [first, last]
            )
            return {
                "rows": list(map(_row, rows)),
                "next": rows[-1][0] if len(rows) == ROWS_PER_ANSWER else None,
                "observed": dict(days),
                "begin": database.execute("SELECT MIN(day) FROM observed").fetchone()[0],
                "last": float(state["last"]) if "last" in state else None,
                "note": state.get("note", ""),
            }


def _add_hours(database: sqlite3.Connection, day: str, hours: float, rates: Mapping[Key, Rates]) -> None:
    for key, per_hour in rates.items():
        who = [key.user, key.user_id, json.dumps(key.groups)]
        database.execute("INSERT OR IGNORE INTO who (user, user_id, groups) VALUES (?, ?, ?)", who)
        amounts = [per_hour.get(name, 0) * hours / (24 if name == HOMES else 1) for name in AMOUNTS]
        database.execute(
            f"INSERT INTO amounts SELECT ?, id, {', '.join('?' * len(AMOUNTS))} FROM who"  # noqa: S608 - constants
            " WHERE user = ? AND user_id = ? AND groups = ? ON CONFLICT DO UPDATE SET "
            + ", ".join(f"{name} = {name} + excluded.{name}" for name in AMOUNTS),
            [day, *amounts, *who],
        )


def _row(row: tuple[Any, ...]) -> dict[str, Any]:
    _, user, user_id, groups, *amounts = row
    return {"user": user, "id": user_id, "groups": json.loads(groups), **dict(zip(AMOUNTS, amounts, strict=True))}
