"""The alerts as rules of Prometheus: the groups of a rule file, and of an object ``PrometheusRule``."""

from collections.abc import Iterable, Mapping
from typing import Any

from components.monitoring.alert import NAMESPACE, STACK, Alert
from components.monitoring.alerts import ALERTS

GROUP = "pangeo"
API_VERSION = "monitoring.coreos.com/v1"
KIND = "PrometheusRule"
LABEL_OF_NAMESPACE = "{{ $labels.namespace }}"
"""Template of Prometheus: the namespace whose metrics fulfil an alert's condition."""

Rules = dict[str, list[dict[str, Any]]]


def rules_of_every_tenancy(alerts: Iterable[Alert] = ALERTS, speed: float = 1) -> Rules:
    """Return the content of a rule file for all tenancies whose hubs a Prometheus scrapes.

    Args:
        alerts: the alerts to include.
        speed: shortens every duration by this factor, for a test.
    """
    return _rules(alerts, "", LABEL_OF_NAMESPACE, STACK, speed)


def rules_of_tenancy(namespace: str, stack: str) -> Rules:
    """Return the ``spec`` of a ``PrometheusRule`` in a tenancy's namespace, which evaluates its metrics only."""
    return _rules(ALERTS, f'namespace="{namespace}"', namespace, stack, 1)


def prometheus_rule(name: str, namespace: str, stack: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """Return the ``PrometheusRule`` of a tenancy."""
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": name, "namespace": namespace, "labels": dict(labels)},
        "spec": rules_of_tenancy(namespace, stack),
    }


def _rules(alerts: Iterable[Alert], scope: str, namespace: str, stack: str, speed: float) -> Rules:
    def named(text: str) -> str:
        return text.replace(NAMESPACE, namespace).replace(STACK, stack)

    return {
        "groups": [
            {
                "name": GROUP,
                "rules": [
                    {
                        "alert": alert.name,
                        "expr": alert.promql(scope, speed),
                        "for": alert.lasts(speed),
                        "labels": {"severity": alert.severity},
                        "annotations": {
                            "summary": named(alert.summary),
                            "description": named(alert.description),
                            "command": named("\n".join(alert.commands)),
                        },
                    }
                    for alert in alerts
                ],
            }
        ]
    }
