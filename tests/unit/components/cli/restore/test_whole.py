"""The restore of a whole tenancy: the homes that it leaves out."""

from typing import Any

import pytest

from components.cli.restore.snapshots import read_snapshots
from components.cli.restore.whole import plan_tenancy
from components.in_backup.repository import ARCHIVED, SINCE_ARCHIVE, home_tags


def snapshot(day: int, *tags: str) -> dict[str, Any]:
    return {
        "id": f"{day:064d}",
        "time": f"2026-11-{day:02d}T01:30:00Z",
        "hostname": "vis",
        "paths": ["/homes/bob"],
        "tags": [*home_tags("bob", "", "claim-bob", 10), *tags],
    }


@pytest.mark.parametrize(
    ("later", "is_left_out"),
    [([], True), ([snapshot(2, SINCE_ARCHIVE)], True), ([snapshot(2, SINCE_ARCHIVE), snapshot(3)], False)],
)
def test_archived_home_is_left_out_until_it_is_used_again(later: list[dict[str, Any]], is_left_out: bool) -> None:
    plan = plan_tenancy(read_snapshots([snapshot(1, ARCHIVED), *later], "vis"), {}, None, database=False)

    assert (len(plan.archived), len(plan.homes)) == ((1, 0) if is_left_out else (0, 1))
