"""The objects of the Prometheus Operator."""

from components.monitoring.rules import rules_of_tenancy
from components.resources.monitoring import BUILDERS, monitoring_manifests
from tests.support.tenancies import tenancy

METRICS = {
    "prometheus": {"namespace": "monitoring", "podLabels": {"app": "prometheus"}},
    "objectLabels": {"release": "kube-prometheus-stack"},
}


def test_service_monitor_selects_the_services_and_their_port() -> None:
    ours = tenancy(metrics=METRICS, dask={"enabled": True})
    *services, monitor = monitoring_manifests(ours, ["ServiceMonitor"])

    selected, [endpoint] = monitor["spec"]["selector"]["matchLabels"], monitor["spec"]["endpoints"]
    assert [each["metadata"]["name"].removeprefix("pangeo-metrics-") for each in services] == [
        "hub",
        "proxy",
        "gateway",
    ]
    for service in services:
        assert selected.items() <= service["metadata"]["labels"].items()
        assert endpoint["port"] in [port["name"] for port in service["spec"]["ports"]]
        assert monitor["spec"]["namespaceSelector"] == {"matchNames": [service["metadata"]["namespace"]]}


def test_alerts_are_declared_where_the_cluster_has_their_kind() -> None:
    ours = tenancy(metrics=METRICS)
    [rule] = [each for each in monitoring_manifests(ours, BUILDERS) if each["kind"] == "PrometheusRule"]

    assert rule["metadata"]["labels"] == {"release": "kube-prometheus-stack"}
    assert rule["metadata"]["namespace"] == ours.namespace
    assert rule["spec"] == rules_of_tenancy(ours.namespace)
    assert "PrometheusRule" not in [each["kind"] for each in monitoring_manifests(ours, ["ServiceMonitor"])]
