"""The metrics of the scheduled backup's result."""

import json

from components.in_backup.results import CONFIG_MAP, KEY, SUCCEEDED, Check, Result, Run
from components.in_hub import backup_samples
from components.in_hub.backup_samples import result_samples


def test_the_names_are_those_of_the_backup() -> None:
    assert backup_samples.KEY == KEY
    assert backup_samples.PATH.endswith(f"/{CONFIG_MAP}")


def test_a_result_has_the_last_complete_run_and_the_test_restore() -> None:
    at = "1970-01-01T00:01:00+00:00"
    run = Run("nightly", at, ended=at, state=SUCCEEDED, failed={"alice": "x"})
    result = Result(run, at, test_restore=Check(at, False))
    found = {metric.name: value for metric, _, value in result_samples({"data": {KEY: result.to_json()}})}
    assert found == {
        "pangeo_backup_complete_timestamp_seconds": 60,
        "pangeo_backup_failed_volumes": 1,
        "pangeo_backup_test_restore_timestamp_seconds": 60,
        "pangeo_backup_test_restore_success": 0,
    }


def test_without_a_result_there_are_no_metrics() -> None:
    assert list(result_samples({})) == []
    assert list(result_samples({"data": {KEY: json.dumps([1])}})) == []
