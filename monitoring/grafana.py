"""Dashboards in the JSON that Grafana imports (schema version 39, Grafana 10.4 and newer)."""

import json
from collections.abc import Iterator
from typing import Any

from monitoring.panel import Dashboard, Panel, Query

SCHEMA_VERSION = 39
COLUMNS = 24
DATA_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
LABEL_VALUES = "label_values(jupyterhub_total_users, namespace)"
"""Each scraped hub has this metric."""


def render_dashboard(dashboard: Dashboard) -> str:
    """Return the text of a dashboard's file."""
    return json.dumps(dashboard_model(dashboard), indent=2, ensure_ascii=False) + "\n"


def dashboard_model(dashboard: Dashboard) -> dict[str, Any]:
    """Return Grafana's model of a dashboard, which imports into any folder and any Prometheus data source."""
    return {
        "uid": f"pangeo-{dashboard.name}",
        "title": dashboard.title,
        "description": dashboard.description,
        "tags": ["pangeo"],
        "timezone": "browser",
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "annotations": {"list": []},
        "links": [
            {"type": "dashboards", "tags": ["pangeo"], "title": "Pangeo", "asDropdown": True, "includeVars": True}
        ],
        "templating": {"list": [_data_source_variable(), _namespace_variable()]},
        "panels": list(_panels(dashboard.panels)),
    }


def _data_source_variable() -> dict[str, Any]:
    return {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "hide": 0}


def _namespace_variable() -> dict[str, Any]:
    return {
        "name": "namespace",
        "label": "Tenancy",
        "type": "query",
        "datasource": DATA_SOURCE,
        "query": {"query": LABEL_VALUES, "refId": "namespaces"},
        "definition": LABEL_VALUES,
        "refresh": 2,
        "sort": 1,
        "includeAll": True,
        "allValue": ".*",
        "multi": False,
        "current": {"text": "All", "value": "$__all", "selected": True},
        "hide": 0,
    }


def _panels(panels: tuple[Panel, ...]) -> Iterator[dict[str, Any]]:
    """Place the panels in rows from the left."""
    left, top, tallest = 0, 0, 0
    for number, panel in enumerate(panels, start=1):
        if left + panel.width > COLUMNS:
            left, top, tallest = 0, top + tallest, 0
        yield _panel(panel, number) | {"gridPos": {"x": left, "y": top, "w": panel.width, "h": panel.height}}
        left, tallest = left + panel.width, max(tallest, panel.height)


def _panel(panel: Panel, number: int) -> dict[str, Any]:
    instant = panel.kind != "timeseries"
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": DATA_SOURCE,
        "fieldConfig": {
            "defaults": {"unit": panel.unit, "min": 0, "noValue": "no data"},
            "overrides": [],
        },
        "options": _options(panel),
        "targets": [_target(query, letter, instant) for query, letter in zip(panel.queries, "ABCDEFGH", strict=False)],
    }


def _options(panel: Panel) -> dict[str, Any]:
    if panel.kind == "timeseries":
        return {
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"},
        }
    shown = {"calcs": ["lastNotNull"], "fields": "", "values": False}
    return {"reduceOptions": shown, "orientation": "horizontal" if panel.kind == "bargauge" else "auto"}


def _target(query: Query, letter: str, instant: bool) -> dict[str, Any]:
    return {
        "refId": letter,
        "datasource": DATA_SOURCE,
        "expr": query.promql(),
        "legendFormat": query.legend,
        "instant": instant,
        "range": not instant,
        "format": "time_series",
    }
