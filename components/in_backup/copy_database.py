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


def copy_databases(source: Path, target: Path, names: tuple[str, ...]) -> list[Path]:
    """Copy the files of these names that exist, and check each copy.

    Raises:
        sqlite3.Error: a file cannot be read, or its copy is damaged.
    """
    copies = []
    for name in names:
        if (source / name).is_file():
            copy = target / name
            copy.unlink(missing_ok=True)
            # With mode=rw, SQLite completes the transaction of a hub that was killed, as the hub's next start would.
            url = f"{(source / name).as_uri()}?mode=rw"
            with (
                closing(sqlite3.connect(url, uri=True, timeout=LOCK_SECONDS)) as old,
                closing(sqlite3.connect(copy)) as new,
            ):
                old.backup(new)
                [(result,)] = new.execute("PRAGMA quick_check(1)").fetchall()
            if result != OK:
                raise sqlite3.DatabaseError(f"{name}: {result}")
            copies.append(copy)
    return copies


def main() -> None:
    """Copy files, and write the list of the copies.

    Arguments: the folder of the database, the folder of the copies, the list's file, and the files' names.
    """
    source, target, listing, *names = sys.argv[1:]
    try:
        copies = copy_databases(Path(source), Path(target), tuple(names))
    except sqlite3.Error as error:
        sys.exit(f"the hub's database was not copied: {error}")
    if not copies:
        sys.exit(f"there is none of the files {', '.join(names)}")
    Path(listing).write_text("".join(f"{each}\n" for each in copies))


if __name__ == "__main__":
    main()
