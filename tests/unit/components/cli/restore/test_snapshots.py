"""The list of snapshots, and the choice of one."""

import base64
import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from components.cli.restore.errors import RestoreRefused
from components.cli.restore.snapshots import (
    Snapshot,
    newest_by_home,
    parse_time,
    read_snapshots,
    select_database,
    select_home,
    unpack_snapshots,
)
from components.in_backup.repository import DATABASE, home_tags


def _listed(number: int, user: str = "alice", **others: Any) -> dict[str, Any]:
    return {
        "id": f"{number:08x}" + "0" * 56,
        "time": f"2026-11-{number:02}T01:30:00.123456789Z",
        "hostname": "vis",
        "paths": [f"/homes/{user}"],
        "tags": home_tags(user, "id-1", f"claim-{user}", 10),
        **others,
    }


def _database(number: int) -> dict[str, Any]:
    return _listed(number, paths=["/hub/jupyterhub.sqlite", "/hub/usage.sqlite"], tags=[DATABASE])


SNAPSHOTS = read_snapshots([_listed(3), _listed(1), _listed(2, "bob"), _database(2)], "vis")


def test_snapshots_are_those_of_the_tenancy_oldest_first() -> None:
    foreign = [_listed(4, hostname="other"), _listed(5, tags=["of the operator"]), _listed(6, tags=None)]
    found = read_snapshots([_listed(3), *foreign, _listed(1)], "vis")
    assert [each.short_id for each in found] == ["00000001", "00000003"]
    home = found[0].home
    assert home is not None
    assert (home.user, home.user_id, home.claim, home.size_gb) == ("alice", "id-1", "claim-alice", 10)


def test_newer_versions_of_restic_record_sizes() -> None:
    summary = {"total_bytes_processed": 5, "total_files_processed": 2}
    [recorded, other] = read_snapshots([_listed(1, summary=summary), _listed(2)], "vis")
    assert (recorded.size, recorded.files) == (5, 2)
    assert (other.size, other.files) == (None, None)


def test_list_survives_its_way_through_a_log() -> None:
    packed = base64.encodebytes(gzip.compress(json.dumps([_listed(1)]).encode())).decode().splitlines()
    assert unpack_snapshots(packed) == [_listed(1)]
    with pytest.raises(RestoreRefused, match="the list of snapshots arrived incomplete; try again"):
        unpack_snapshots(packed[:-1])


def test_newest_snapshot_is_chosen_unless_another_is_named() -> None:
    assert _chosen() == "00000003"
    assert _chosen(limit=datetime(2026, 11, 2, tzinfo=UTC)) == "00000001"
    assert _chosen(wanted="00000001") == "00000001"


def _chosen(wanted: str | None = None, limit: datetime | None = None) -> str:
    return select_home(SNAPSHOTS, "alice", None, wanted, limit).short_id


@pytest.mark.parametrize(
    ("user", "wanted", "limit", "message"),
    [
        ("carol", None, None, "there is no backup of a home of carol; there are backups of alice, bob"),
        (
            "alice",
            None,
            datetime(2026, 10, 1, tzinfo=UTC),
            "there is no backup of the home of alice before 2026-10-01 00:00 UTC; the oldest is 00000001 of 2026-11-01 "
            "01:30 UTC",
        ),
        (
            "alice",
            "ff",
            None,
            "no backup of the home of alice has the id ff; the newest are:\n  00000003 of 2026-11-03 01:30 UTC\n  "
            "00000001 of 2026-11-01 01:30 UTC",
        ),
        ("alice", "0", None, "2 backups of the home of alice have an id that begins with 0; write more"),
    ],
)
def test_missing_backup_is_explained(user: str, wanted: str | None, limit: datetime | None, message: str) -> None:
    with pytest.raises(RestoreRefused) as refused:
        select_home(SNAPSHOTS, user, None, wanted, limit)
    assert str(refused.value) == message


def test_newest_backup_of_a_home_is_chosen_whose_path_was_another_one_in_earlier_versions() -> None:
    tags = home_tags("j.doe", "id-1", "claim-j-doe---1234", 5)
    former = _listed(3, "j.doe", paths=["/homes/j.doe"], tags=tags)
    newest = _listed(4, "j.doe", paths=["/homes/j.doe@claim-j-doe---1234"], tags=tags)
    snapshots = read_snapshots([former, newest], "vis")

    assert select_home(snapshots, "j.doe", None, None, None).short_id == "00000004"
    assert select_home(snapshots, "j.doe", None, "00000003", None).short_id == "00000003"


def test_further_homes_of_a_user_are_homes_of_their_own() -> None:
    second = _listed(4, paths=["/homes/alice@claim-alice--gpu"], tags=home_tags("alice", "id-1", "claim-alice--gpu", 5))
    snapshots = read_snapshots([_listed(3), _listed(1), second], "vis")
    found = newest_by_home(snapshots)
    assert {each.path: each.short_id for each in found.values()} == {
        "/homes/alice": "00000003",
        "/homes/alice@claim-alice--gpu": "00000004",
    }
    assert select_home(snapshots, "alice", None, None, None).short_id == "00000003"
    assert select_home(snapshots, "alice", "claim-alice--gpu", None, None).short_id == "00000004"
    with pytest.raises(RestoreRefused) as refused:
        select_home(snapshots, "alice", "claim-other", None, None)
    assert str(refused.value) == (
        "there is no backup of a home claim-other of alice; there are backups of claim-alice, claim-alice--gpu: write "
        "one of them after --claim"
    )


def test_database_is_a_folder_of_the_hub() -> None:
    database = select_database(SNAPSHOTS, None)
    assert (database.path, database.home, database.user) == ("/hub", None, "")
    with pytest.raises(RestoreRefused, match="there is no backup of the hub's database"):
        select_database(read_snapshots([_listed(1)], "vis"), None)


def test_times_without_a_zone_are_utc() -> None:
    assert parse_time("2026-11-30") == datetime(2026, 11, 30, tzinfo=UTC)
    assert parse_time("2026-11-30T12:00+01:00") == datetime(2026, 11, 30, 11, tzinfo=UTC)
    assert str(Snapshot("0123456789", parse_time("2026-11-30T12:00"), "/hub")) == "01234567 of 2026-11-30 12:00 UTC"
