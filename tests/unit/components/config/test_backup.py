"""The section ``backup``: schedules that Kubernetes' cron does not accept, or that never come."""

from typing import Any

import pytest
from pydantic import ValidationError

from components.config.backup import Backup


def section(schedule: str) -> dict[str, Any]:
    credentials = {"secret": "pangeo-backup"}
    return {"endpoint": "https://s3.example.org", "bucket": "backups", "credentials": credentials, "schedule": schedule}


@pytest.mark.parametrize("schedule", ["30 1 * * *", "0 3 29 2 *", "0 3 * * 0,6", "0 3 31 2,3 *", "0 3 31 2 1"])
def test_schedule_is_accepted(schedule: str) -> None:
    assert Backup.model_validate(section(schedule)).schedule == schedule


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ("0 3 * * 7", r"has the day of the week 7; write \*, numbers from 0 to 6 \(Sunday is 0\)"),
        ("0 3 * * 5-7", "has the day of the week 5-7"),
        ("0 3 30 2 *", "is a day that no month has"),
        ("0 3 31 4,6 *", "is a day that no month has"),
    ],
)
def test_schedule_is_refused(schedule: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Backup.model_validate(section(schedule))


def test_a_class_for_copies_needs_a_class_of_snapshots() -> None:
    keys = {**section("30 1 * * *"), "snapshotCopyClass": "csi-cinder-sc-delete"}
    with pytest.raises(ValidationError, match=r"has no effect without pangeo:backup\.snapshotClass"):
        Backup.model_validate(keys)
    assert Backup.model_validate({**keys, "snapshotClass": "csi-cinder"}).snapshot_class == "csi-cinder"
