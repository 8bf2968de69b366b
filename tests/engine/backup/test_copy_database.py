"""The copy of the hub's database while another process writes to it, and after a writer was killed."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from components.in_backup.copy_database import copy_databases
from tests.support.waiting import wait_until

WRITE = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=60)
database.execute(f"PRAGMA journal_mode={sys.argv[2]}")
database.executescript("CREATE TABLE one (n INTEGER); CREATE TABLE two (n INTEGER, padding TEXT);")
number = 0
while True:
    with database:
        database.execute("INSERT INTO one VALUES (?)", (number,))
        database.executemany("INSERT INTO two VALUES (?, ?)", [(number, "x" * 500)] * 20)
    number += 1
"""
"""Writes each number into two tables in one transaction, without a pause."""

COPIES = 20


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_each_copy_has_whole_transactions(tmp_path: Path, mode: str) -> None:
    source, target = tmp_path / "hub", tmp_path / "copies"
    source.mkdir()
    target.mkdir()
    file = source / "jupyterhub.sqlite"
    with subprocess.Popen([sys.executable, "-c", WRITE, str(file), mode]) as writer:
        try:
            wait_until(lambda: file.exists() and file.stat().st_size > 100_000, "nothing was written")
            counts = [_copied_rows(source, target) for _ in range(COPIES)]
        finally:
            writer.kill()
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]
    # The writer may have been killed in a transaction.
    assert _copied_rows(source, target) >= counts[-1]


def _copied_rows(source: Path, target: Path) -> int:
    [copy] = copy_databases(source, target)
    assert copy == target / "jupyterhub.sqlite"
    with closing(sqlite3.connect(copy)) as database:
        [(one,)] = database.execute("SELECT count(*) FROM one").fetchall()
        [(two,)] = database.execute("SELECT count(*) FROM two").fetchall()
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert two == 20 * one
    return int(one)


def test_a_damaged_database_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "hub").mkdir()
    (tmp_path / "copies").mkdir()
    (tmp_path / "hub" / "jupyterhub.sqlite").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    with pytest.raises(sqlite3.Error):
        copy_databases(tmp_path / "hub", tmp_path / "copies")
