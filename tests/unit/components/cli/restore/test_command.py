"""The options of ``backup restore``, the plan of a tenancy, and the hub's deployment."""

from datetime import UTC, datetime
from typing import Any

import pytest

from components.cli.restore.command import Options
from components.cli.restore.errors import RestoreRefused
from components.cli.restore.hub import STOPPED, start, stop
from components.cli.restore.listing import group_by_home, home_rows, size_text, snapshot_rows
from components.cli.restore.plan import Claim
from components.cli.restore.snapshots import Snapshot
from components.cli.restore.whole import plan_tenancy
from components.in_backup.repository import HomeTags


def _home(user: str, day: int, size: int | None = 5 << 20) -> Snapshot:
    tags = HomeTags(user, "id", f"claim-{user}", 10)
    time = datetime(2026, 11, day, 1, 30, tzinfo=UTC)
    return Snapshot(f"{user}-{day}".ljust(64, "0"), time, f"/homes/{user}", tags, size, 7)


DATABASE = Snapshot("d" * 64, datetime(2026, 11, 9, tzinfo=UTC), "/hub")
SNAPSHOTS = [_home("alice", 1), _home("alice", 3), _home("bob", 2), _home("carol", 2), DATABASE]
CLAIMS = {"claim-alice": Claim("claim-alice", "1"), "claim-carol": Claim("claim-carol", "2", unfinished="carol-2")}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "write one of --user NAME, --all and --hub-database"),
        ({"user": "alice", "whole_tenancy": True}, "write one of --user NAME, --all and --hub-database"),
        ({"user": "alice", "hub_database": True}, "write one of --user NAME, --all and --hub-database"),
        ({"whole_tenancy": True, "path": "notes", "in_place": True}, "--path needs --user; --in-place needs --user"),
        (
            {"user": "alice", "snapshot": "1", "before": datetime(2026, 11, 1, tzinfo=UTC)},
            "write --snapshot or --before, not both",
        ),
    ],
)
def test_options_that_do_not_fit_are_named_together(options: dict[str, Any], message: str) -> None:
    with pytest.raises(RestoreRefused) as refused:
        Options(**options).check()
    assert str(refused.value) == message


@pytest.mark.parametrize(
    "options", [{"user": "alice"}, {"whole_tenancy": True, "hub_database": True}, {"hub_database": True}]
)
def test_options_that_fit(options: dict[str, Any]) -> None:
    Options(**options).check()


def test_tenancy_gets_only_homes_that_are_missing_or_unfinished() -> None:
    plan = plan_tenancy(SNAPSHOTS, CLAIMS, None, database=True)
    assert [each.user for each in plan.homes] == ["bob", "carol"]
    assert plan.database == DATABASE
    assert plan.lines == [
        "restores 2 homes that do not exist here, 10.0 MB:",
        "  bob                      from 2026-11-02 01:30 UTC",
        "  carol                    from 2026-11-02 01:30 UTC",
        "leaves alone 1 homes that exist: alice",
        "replaces the hub's database by that of 2026-11-09 00:00 UTC; the present one is kept",
    ]


def test_tenancy_without_backups_is_refused() -> None:
    with pytest.raises(RestoreRefused, match="there is no backup of a home"):
        plan_tenancy([DATABASE], {}, None, database=False)


def test_stopped_hub_is_started_with_its_replicas() -> None:
    manifest: dict[str, Any] = {"metadata": {"annotations": {"own": "kept"}}, "spec": {"replicas": 1}}
    stop(manifest)
    assert manifest["spec"]["replicas"] == 0
    stop(manifest)
    assert manifest["metadata"]["annotations"][STOPPED] == "1", "also after a restore that was killed"
    start(manifest)
    assert manifest == {"metadata": {"annotations": {"own": "kept"}}, "spec": {"replicas": 1}}
    start(manifest)
    assert manifest["spec"]["replicas"] == 1


def test_hub_that_others_have_stopped_stays_so() -> None:
    manifest: dict[str, Any] = {"metadata": {}, "spec": {"replicas": 0}}
    start(manifest)
    assert manifest == {"metadata": {}, "spec": {"replicas": 0}}


def test_list_has_a_line_for_each_home_also_of_those_that_are_gone() -> None:
    assert home_rows(group_by_home(SNAPSHOTS), CLAIMS) == [
        ["(hub database)", "2026-11-09 00:00 UTC", "dddddddd", "", "", "1", "2026-11-09 00:00 UTC", ""],
        ["alice", "2026-11-03 01:30 UTC", "alice-30", "5.0 MB", "7", "2", "2026-11-01 01:30 UTC", "exists"],
        ["bob", "2026-11-02 01:30 UTC", "bob-2000", "5.0 MB", "7", "1", "2026-11-02 01:30 UTC", "does not exist"],
        ["carol", "2026-11-02 01:30 UTC", "carol-20", "5.0 MB", "7", "1", "2026-11-02 01:30 UTC", "exists"],
    ]
    assert [row[1] for row in snapshot_rows(SNAPSHOTS[:2])] == ["alice-30", "alice-10"]
    assert size_text(3 << 30) == "3.00 GB"
