"""A consistent copy of the hub's SQLite files, made while the hub writes to them.

SQLite's backup waits for the transactions of other processes on the same node, and copies between them. A copy of the
files could have half of a transaction.
"""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

LOCK_SECONDS = 60.0
"""Time to wait for other processes' transactions."""

OK = "ok"


def copy_databases(source: Path, target: Path) -> list[Path]:
    """Copy all SQLite files of a folder, and check each copy.

    Raises:
        sqlite3.Error: a file cannot be read, or its copy is damaged.
    """
    copies = []
    for file in sorted(source.glob("*.sqlite")):
        copy = target / file.name
        copy.unlink(missing_ok=True)
        # With mode=rw, SQLite completes the transaction of a hub that was killed, as the hub's next start would.
        url = f"{file.as_uri()}?mode=rw"
        with (
            closing(sqlite3.connect(url, uri=True, timeout=LOCK_SECONDS)) as old,
            closing(sqlite3.connect(copy)) as new,
        ):
            old.backup(new)
            [(result,)] = new.execute("PRAGMA quick_check(1)").fetchall()
        if result != OK:
            raise sqlite3.DatabaseError(f"{file.name}: {result}")
        copies.append(copy)
    return copies


def main() -> None:
    """Copy files, and write the list of the copies.

    Arguments: the folder of the database, the folder of the copies, and the list's file.
    """
    source, target, listing = map(Path, sys.argv[1:])
    try:
        copies = copy_databases(source, target)
    except sqlite3.Error as error:
        sys.exit(f"the hub's database was not copied: {error}")
    if not copies:
        sys.exit("the volume of the hub's database has no database")
    listing.write_text("".join(f"{each}\n" for each in copies))


if __name__ == "__main__":
    main()
