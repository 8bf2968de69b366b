"""The objects of the Prometheus Operator."""

from components.monitoring.rules import rules_of_tenancy
from components.resources.monitoring import BUILDERS, monitoring_manifests
from tests.support.tenancies import tenancy

METRICS = {
    "prometheus": {"namespace": "monitoring", "podLabels": {"app": "prometheus"}},
    "objectLabels": {"release": "kube-prometheus-stack"},
}


def test_alerts_are_declared_where_the_cluster_has_their_kind() -> None:
    ours = tenancy(metrics=METRICS)
    [rule] = [each for each in monitoring_manifests(ours, BUILDERS) if each["kind"] == "PrometheusRule"]

    assert rule["metadata"]["labels"] == {"release": "kube-prometheus-stack"}
    assert rule["metadata"]["namespace"] == ours.namespace
    assert rule["spec"] == rules_of_tenancy(ours.namespace)
    assert "PrometheusRule" not in [each["kind"] for each in monitoring_manifests(ours, ["ServiceMonitor"])]
