"""The kinds of the Prometheus Operator in a cluster."""

from components.preflight.monitoring import find_monitoring_kinds, unknown_kinds_warning
from components.resources.monitoring import crd_name
from tests.support.cluster_answers import ClusterAnswers
from tests.support.tenancies import tenancy

METRICS = {"prometheus": {"namespace": "monitoring", "podLabels": {"app": "prometheus"}}}
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def test_only_existing_kinds_are_declared() -> None:
    cluster = ClusterAnswers({f"{CRDS}/{crd_name('ServiceMonitor')}": {"kind": "CustomResourceDefinition"}})
    assert find_monitoring_kinds(cluster, tenancy(metrics=METRICS)) == {"ServiceMonitor"}
    assert find_monitoring_kinds(ClusterAnswers({}), tenancy(metrics=METRICS)) == frozenset()


def test_clusters_are_not_asked_without_the_section() -> None:
    refused = ClusterAnswers({f"{CRDS}/{crd_name('ServiceMonitor')}": AssertionError("not asked")})
    assert find_monitoring_kinds(refused, tenancy()) == frozenset()
    assert unknown_kinds_warning(tenancy()) == ()


def test_a_preview_without_the_cluster_warns() -> None:
    (warning,) = unknown_kinds_warning(tenancy(metrics=METRICS))
    assert warning.startswith("without access to the cluster, this preview assumes that it has no ")
