"""The section ``metrics``: the Prometheus that may read the tenancy's metrics, and what it may learn from them."""

import operator
from collections.abc import Iterator, Mapping

from pydantic import Field

from components.config.pools import Labels
from components.config.section import Place, Section
from components.config.types import Namespace


class Prometheus(Section):
    """The pods of the cluster's Prometheus. No other pod can read the metrics."""

    namespace: Namespace = Field(description="Namespace of Prometheus", examples=["monitoring"])
    pod_labels: Labels = Field(
        description="Labels that the pods of Prometheus have, and no others in the namespace",
        examples=[{"app.kubernetes.io/name": "prometheus"}],
    )

    @classmethod
    def find_contradictions(cls, given: Mapping[str, object]) -> Iterator[tuple[str | Place, str]]:
        """Refuse to select all pods of the namespace."""
        if given.get("pod_labels") == {}:
            yield "pod_labels", "selects all pods of the namespace; write at least one label"


def find_own_namespace(given: Mapping[str, object]) -> Iterator[tuple[Place, str]]:
    """Yield a place and a message if Prometheus is said to be in the tenancy's namespace, where users' pods run.

    Args:
        given: the keys of the stack file by attribute before their validation.
    """
    metrics = given.get("metrics")
    prometheus = metrics.get("prometheus") if isinstance(metrics, Mapping) else None
    namespace = prometheus.get("namespace") if isinstance(prometheus, Mapping) else None
    if isinstance(namespace, str) and namespace.strip() == str(given.get("cluster_name")).strip():
        message = "is the tenancy's own namespace, in which users' pods run; write the namespace of the monitoring"
        yield ("metrics", "prometheus", "namespace"), message


class Metrics(Section):
    """Metrics of the hub, its proxy and the Dask gateway's proxy, for the cluster's Prometheus."""

    prometheus: Prometheus = Field(description="The Prometheus that may read the metrics")
    per_user: bool = Field(
        False,
        description="Whether metrics have users' names: the resources of each user's pods, and the use of each home. "
        "Everybody who can query Prometheus sees them",
    )
    per_group: bool = Field(
        False, description="Whether metrics have the names of users' groups, with the sums of their members"
    )
    object_labels: Labels = Field(
        default_factory=dict,
        exclude_if=operator.not_,
        description="Labels of the tenancy's `ServiceMonitor` and other objects of the Prometheus Operator, by which "
        "it selects those of its Prometheus",
        examples=[{"release": "kube-prometheus-stack"}],
    )
