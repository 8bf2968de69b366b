"""The chart values of the section ``metrics``."""

import json
from typing import Any

import pytest

from components.chart.mounted_code import METRICS_MODULES
from components.chart.secret_size import secret_bytes
from components.chart.values import chart_values
from components.in_hub.metric_settings import MetricSettings
from tests.support.tenancies import problems, tenancy

PROMETHEUS = {"namespace": "monitoring", "podLabels": {"app": "prometheus"}}
MOST_BYTES = 90_000
"""Limit of what the section adds to the hub's Secret, which has each file twice."""


def values(**metrics: Any) -> dict[str, Any]:
    return chart_values(tenancy(metrics={"prometheus": PROMETHEUS, **metrics}))


def settings(found: dict[str, Any]) -> dict[str, Any]:
    file = found["jupyterhub"]["hub"]["extraFiles"]["components-in_hub-metrics.json"]
    content: dict[str, Any] = json.loads(file["stringData"])
    return content


def test_nothing_is_set_without_the_section() -> None:
    text = json.dumps(chart_values(tenancy()))
    assert "lifecycle_hooks" not in chart_values(tenancy())["jupyterhub"]["hub"]["config"]["KubeSpawner"]
    assert "metrics-port" not in text
    assert "in_hub/metrics" not in text
    assert "metrics" not in chart_values(tenancy())
    assert "metrics" not in tenancy().as_inputs()


def test_the_chart_gets_the_port_and_the_pods_of_prometheus() -> None:
    assert values()["metrics"] == {"port": 9464, "prometheus": PROMETHEUS}


def test_names_are_shown_only_if_the_operator_allows_it() -> None:
    assert {key: settings(values())[key] for key in ("per_user", "per_group")} == {
        "per_user": False,
        "per_group": False,
    }
    found = settings(values(perUser=True, perGroup=True))
    assert (found["per_user"], found["per_group"]) == (True, True)
    assert set(found) == set(MetricSettings.__dataclass_fields__)


def test_the_gateways_metrics_do_not_name_clusters() -> None:
    arguments = values()["dask-gateway"]["traefik"]["additionalArguments"]
    assert "--metrics.prometheus.addserviceslabels=false" in arguments


def test_the_section_adds_little_to_the_hubs_secret() -> None:
    added = secret_bytes(tenancy(metrics={"prometheus": PROMETHEUS})) - secret_bytes(tenancy())
    assert len(METRICS_MODULES) * 100 < added < MOST_BYTES


@pytest.mark.parametrize("key", ["podLabels", "namespace"])
def test_a_section_without_prometheus_is_refused(key: str) -> None:
    given = {each: value for each, value in PROMETHEUS.items() if each != key}
    assert any(key in str(each) for each in problems(metrics={"prometheus": given}))


def test_labels_that_select_all_pods_are_refused() -> None:
    (problem,) = problems(metrics={"prometheus": {"namespace": "monitoring", "podLabels": {}}})
    assert problem.message == "selects all pods of the namespace; write at least one label"


def test_users_pods_are_not_beside_prometheus() -> None:
    found = problems(metrics={"prometheus": {"namespace": "vis-pangeo", "podLabels": {"app": "jupyterhub"}}}, protect=7)
    assert {each.key for each in found} == {"pangeo:metrics.prometheus.namespace", "pangeo:protect"}
    assert any(each.message.startswith("is the tenancy's own namespace") for each in found)
