"""The check of the hub's SQLite files that were restored for trial."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from components.in_backup.copy_database import OK


def check_databases(folder: Path) -> int:
    """Check all SQLite files of a folder, and return how many there are.

    Raises:
        sqlite3.Error: a file is damaged.
    """
    files = sorted(folder.glob("*.sqlite"))
    for file in files:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            [(result,)] = database.execute("PRAGMA integrity_check(1)").fetchall()
        if result != OK:
            raise sqlite3.DatabaseError(f"{file.name}: {result}")
    return len(files)


def main() -> None:
    """Check the folder that the argument names."""
    try:
        count = check_databases(Path(sys.argv[1]))
    except sqlite3.Error as error:
        sys.exit(f"the backup of the hub's database is damaged: {error}")
    if not count:
        sys.exit("the backup of the hub's database has no database")


if __name__ == "__main__":
    main()
