"""The alerts as rules of Prometheus: the groups of a rule file, and of an object ``PrometheusRule``."""

from collections.abc import Iterable
from typing import Any

from components.monitoring.alert import NAMESPACE, Alert
from components.monitoring.alerts import ALERTS

GROUP = "pangeo"
LABEL_OF_NAMESPACE = "{{ $labels.namespace }}"
"""Template of Prometheus: the namespace whose metrics fulfil an alert's condition."""

Rules = dict[str, list[dict[str, Any]]]


def rules_of_every_tenancy(alerts: Iterable[Alert] = ALERTS, speed: float = 1) -> Rules:
    """Return the content of a rule file for all tenancies whose hubs a Prometheus scrapes.

    Args:
        alerts: the alerts to include.
        speed: shortens every duration by this factor, for a test.
    """
    return _rules(alerts, "", LABEL_OF_NAMESPACE, speed)


def rules_of_tenancy(namespace: str) -> Rules:
    """Return the ``spec`` of a ``PrometheusRule`` in a tenancy's namespace, which evaluates its metrics only."""
    return _rules(ALERTS, f'namespace="{namespace}"', namespace, 1)


def _rules(alerts: Iterable[Alert], scope: str, namespace: str, speed: float) -> Rules:
    def named(text: str) -> str:
        return text.replace(NAMESPACE, namespace)

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
