"""The metrics that follow from the result of the scheduled backup, which its runs write into a ConfigMap. Pure."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from components.in_hub import metric_names as names
from components.in_hub.metric_names import Metric
from components.in_hub.namespace_samples import read_valid_time

PATH = "/api/v1/namespaces/{}/configmaps/pangeo-backup"
KEY = "result.json"


def result_samples(config_map: Mapping[str, Any]) -> Iterator[tuple[Metric, tuple[str, ...], float]]:
    """Yield the last complete run, the volumes that the last run did not back up, and the last test restore."""
    try:
        result = json.loads((config_map.get("data") or {}).get(KEY) or "{}")
        run, restore = result.get("run") or {}, result.get("test_restore") or {}
        failed = len(run.get("failed") or ())
    except (ValueError, AttributeError, TypeError):
        return
    if time := read_valid_time(result.get("last_good")):
        yield names.BACKUP_COMPLETE, (), time.timestamp()
    if run.get("ended"):
        yield names.BACKUP_FAILED, (), failed
    if time := read_valid_time(restore.get("at")):
        yield names.TEST_RESTORE_TIME, (), time.timestamp()
        yield names.TEST_RESTORE_GOOD, (), float(bool(restore.get("is_good")))
