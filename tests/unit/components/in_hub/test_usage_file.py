import sqlite3
from pathlib import Path
from typing import Any

import pytest

from components.in_hub.usage_file import DAMAGED, NAME, ROWS_PER_ANSWER, Key, Sample, UsageFile

NOON = 1_793_102_400.0  # 2026-10-27 12:00 UTC
DAY = 24 * 3600
ALICE = Key("alice", "id-1", ("ocean",))


@pytest.fixture
def file(tmp_path: Path) -> UsageFile:
    return UsageFile(tmp_path / NAME, tolerance=180, keep_days=30)


def add_minutes(file: UsageFile, key: Key = ALICE, start: float = NOON, count: int = 60, **rates: float) -> None:
    """Add a sample each minute of a hub that starts at a time."""
    file.add(Sample(start, None, {}))
    for number in range(1, count + 1):
        file.add(Sample(start + 60 * number, 60, {key: rates or {"server_cpu_hours": 2}}))


def read(file: UsageFile, first: str = "2026-01-01", last: str = "2026-12-31", after: int = 0) -> dict[str, Any]:
    return file.read(first, last, after, NOON)


def test_samples_of_an_hour_add_up_to_an_hour(file: UsageFile) -> None:
    add_minutes(file, server_cpu_hours=2, home_gb_days=48)

    [row] = read(file)["rows"]
    assert (row["user"], row["id"], row["groups"]) == (*ALICE[:2], ["ocean"])
    assert row["server_cpu_hours"] == pytest.approx(2)
    assert row["home_gb_days"] == pytest.approx(2)
    assert read(file)["observed"] == {"2026-10-27": pytest.approx(1)}


def test_time_without_samples_is_not_recorded(file: UsageFile) -> None:
    add_minutes(file)
    add_minutes(file, start=NOON + 3 * 3600)

    [row] = read(file)["rows"]
    assert row["server_cpu_hours"] == pytest.approx(4)
    assert read(file)["observed"] == {"2026-10-27": pytest.approx(2)}


def test_restart_of_a_minute_loses_nothing(file: UsageFile) -> None:
    add_minutes(file)
    file.add(Sample(NOON + 3660, None, {ALICE: {"server_cpu_hours": 2}}))

    assert read(file)["observed"] == {"2026-10-27": pytest.approx(61 / 60)}


def test_change_of_groups_in_a_day_divides_the_amounts(file: UsageFile) -> None:
    add_minutes(file)
    add_minutes(file, ALICE._replace(groups=()), NOON + 3600)

    assert [row["groups"] for row in read(file)["rows"]] == [["ocean"], []]


def test_period_limits_the_days(file: UsageFile) -> None:
    add_minutes(file)
    add_minutes(file, start=NOON + DAY)

    answer = read(file, "2026-10-28", "2026-10-28")
    assert answer["observed"] == {"2026-10-28": pytest.approx(1)}
    assert answer["rows"][0]["server_cpu_hours"] == pytest.approx(2)
    assert answer["begin"] == "2026-10-27"


def test_answers_are_bounded(file: UsageFile) -> None:
    keys = [Key(f"user{number}", "", ()) for number in range(ROWS_PER_ANSWER + 1)]
    file.add(Sample(NOON, None, {}))
    file.add(Sample(NOON + 60, 60, {key: {"server_hours": 1} for key in keys}))

    first = read(file)
    second = read(file, after=first["next"])
    assert len(first["rows"]) == ROWS_PER_ANSWER
    assert len(second["rows"]) == 1
    assert second["next"] is None


def test_old_days_and_users_are_removed(file: UsageFile) -> None:
    add_minutes(file, Key("left", "id-0", ()))
    add_minutes(file, start=NOON + 30 * DAY)
    # The clock may be wrong until the next day.
    assert len(read(file)["rows"]) == 2
    add_minutes(file, start=NOON + 31 * DAY)

    assert [row["user"] for row in read(file)["rows"]] == ["alice"]
    with sqlite3.connect(file.path) as database:
        assert database.execute("SELECT user FROM who").fetchall() == [("alice",)]


def test_clock_that_is_years_ahead_for_a_moment_removes_nothing(file: UsageFile) -> None:
    add_minutes(file, Key("bob", "", ()))
    add_minutes(file, start=NOON + 900 * DAY)
    add_minutes(file, start=NOON + DAY)

    assert [row["user"] for row in read(file)["rows"]] == ["bob", "alice"]


@pytest.mark.parametrize("access", ["add", "read"])
def test_damaged_file_is_moved_aside(file: UsageFile, access: str) -> None:
    for number in range(3):
        file.path.write_bytes(b"no database %d, of many bytes" % number * 100)
        if access == "add":
            add_minutes(file)

        assert "was damaged" in read(file)["note"]
        assert file.path.with_name(DAMAGED[0]).read_bytes().startswith(b"no database 0")
    assert file.path.with_name(DAMAGED[1]).read_bytes().startswith(b"no database 2")


def test_full_volume_adds_nothing_and_keeps_the_record(file: UsageFile, monkeypatch: pytest.MonkeyPatch) -> None:
    add_minutes(file)
    connect = file._open

    def full() -> sqlite3.Connection:
        database = connect()
        [pages] = database.execute("PRAGMA page_count").fetchone()
        database.execute(f"PRAGMA max_page_count = {pages}")
        return database

    keys = [Key(f"user{number}", "", ()) for number in range(1000)]
    with monkeypatch.context() as change:
        change.setattr(file, "_open", full)
        with pytest.raises(sqlite3.OperationalError, match="full"):
            file.add(Sample(NOON + 3660, 60, {key: {"server_hours": 1} for key in keys}))

    assert len(read(file)["rows"]) == 1
    assert read(file)["note"] == ""


def test_row_of_a_user_and_a_day_needs_less_than_100_bytes(file: UsageFile) -> None:
    rates = {"server_hours": 1.0, "server_cpu_hours": 2.0, "server_memory_gb_hours": 4.1, "home_gb_days": 10.0}
    keys = [Key(f"user{number}", f"{number:036}", ("ocean", "users")) for number in range(100)]
    file.add(Sample(NOON, None, {}))
    for day in range(30):
        file.add(Sample(NOON + day * DAY + 60, 60, dict.fromkeys(keys, rates)))

    assert file.path.stat().st_size < 100 * 30 * 100 + 40_000
