import re

import pytest

from components.in_hub.metric_names import METRICS, Metric


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_each_metric_follows_prometheus_conventions(metric: Metric) -> None:
    assert re.fullmatch(r"pangeo_[a-z_]+", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert metric.meaning


def test_names_are_unique() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)


def test_only_permitted_metrics_name_users_and_groups() -> None:
    assert {metric.only_with for metric in METRICS if "user" in metric.labels} == {"perUser"}
    assert {metric.only_with for metric in METRICS if "group" in metric.labels} == {"perGroup"}
