"""The Services of the metrics, and the objects of the Prometheus Operator, as manifests. Pure.

They are declared if the stack file has the section ``metrics``; the objects of the operator, only if the cluster also
has their kind (``preflight.monitoring``). To add such a kind, write a function that returns its ``spec`` and name it in
``BUILDERS``: the preflight check, the component and the policies follow that table. Add the kind to
``policies.kinds.MONITORING`` and to ``cluster.objects.PLURALS``, too.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from components.chart.dask_access import gateway_name
from components.config.metrics import Metrics
from components.config.tenancy import Tenancy
from components.in_hub.metric_settings import PORT
from components.monitoring.rules import rules_of_tenancy
from components.resources.ingress import NO_WAIT

Manifest = dict[str, Any]

API_GROUP = "monitoring.coreos.com"
API_VERSION = f"{API_GROUP}/v1"

NAME = "pangeo"
"""Name of each object of the Prometheus Operator."""

SERVICE_PREFIX = f"{NAME}-metrics-"

SERVICE_LABELS = {"tenancy.pangeo/metrics": "true"}
"""Labels of the Services, by which the ServiceMonitor finds them."""

PATH = "/metrics"

SCRAPE_INTERVAL = "30s"
"""The hub observes its namespace at the same interval."""


def monitoring_manifests(tenancy: Tenancy, kinds: Collection[str]) -> list[Manifest]:
    """Return the Services, and the objects of kinds that the cluster has; none without the section ``metrics``."""
    if tenancy.metrics is None:
        return []
    objects = [
        _object(tenancy, tenancy.metrics, kind, build(tenancy)) for kind, build in BUILDERS.items() if kind in kinds
    ]
    return [*_services(tenancy), *objects]


def crd_name(kind: str) -> str:
    """Return the name of a kind's CRD."""
    return f"{kind.lower()}s.{API_GROUP}"


def _services(tenancy: Tenancy) -> Iterator[Manifest]:
    """Yield a headless Service for each pod with metrics. It only names the pod: network policies give access."""
    own = {"app": "jupyterhub", "release": tenancy.release}
    pods = {component: {**own, "component": component} for component in ("hub", "proxy")}
    if tenancy.dask.enabled:
        pods["gateway"] = {
            "app.kubernetes.io/name": "dask-gateway",
            "app.kubernetes.io/component": "traefik",
            "gateway.dask.org/instance": gateway_name(tenancy),
        }
    # For a Prometheus without the operator, which finds its targets by these annotations.
    scrape = {"scrape": "true", "scheme": "http", "path": PATH, "port": str(PORT)}
    annotations = {f"prometheus.io/{key}": value for key, value in scrape.items()} | NO_WAIT
    for component, labels in pods.items():
        yield {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "name": f"{SERVICE_PREFIX}{component}",
                "namespace": tenancy.namespace,
                "labels": SERVICE_LABELS,
                "annotations": annotations,
            },
            "spec": {
                "clusterIP": "None",
                "selector": labels,
                "ports": [{"name": "metrics", "port": PORT, "protocol": "TCP"}],
            },
        }


def service_monitor(tenancy: Tenancy) -> Manifest:
    """Return the ``spec`` of the ServiceMonitor, by which Prometheus reads the metrics of the Services."""
    return {
        "selector": {"matchLabels": SERVICE_LABELS},
        "namespaceSelector": {"matchNames": [tenancy.namespace]},
        "endpoints": [{"port": "metrics", "path": PATH, "interval": SCRAPE_INTERVAL}],
    }


def prometheus_rule(tenancy: Tenancy) -> Manifest:
    """Return the ``spec`` of the PrometheusRule: the alerts, about this tenancy only."""
    return dict(rules_of_tenancy(tenancy.namespace))


BUILDERS: Mapping[str, Callable[[Tenancy], Manifest]] = {
    "PrometheusRule": prometheus_rule,
    "ServiceMonitor": service_monitor,
}
"""The function that returns the ``spec``, by kind."""


def _object(tenancy: Tenancy, metrics: Metrics, kind: str, spec: Manifest) -> Manifest:
    return {
        "apiVersion": API_VERSION,
        "kind": kind,
        "metadata": {"name": NAME, "namespace": tenancy.namespace, "labels": metrics.object_labels},
        "spec": spec,
    }
