"""The configuration file of the upstream chart's gateway, and the chart's values in it."""

import ast
import json
from typing import Any

from components.chart.dask_access import gateway_name
from tests.engine.charts.renders import Rendered


def truncate(name: str) -> str:
    """Truncate a name as the chart does."""
    return name[:63].removesuffix("-")


def configuration(rendered: Rendered, component: str) -> str:
    """Return the configuration file (Python) of the gateway's API server or controller."""
    config = rendered.objects["ConfigMap", truncate(f"{component}-{gateway_name(rendered.tenancy)}")]["data"]
    text: str = config["dask_gateway_config.py"]
    return text


def properties(python: str) -> dict[str, Any]:
    """Return the chart's values, which the configuration contains as JSON."""
    [text] = [
        statement.value.args[0]
        for statement in ast.parse(python).body
        if isinstance(statement, ast.Assign)
        and ast.unparse(statement.targets[0]) == "_PROPERTIES"
        and isinstance(statement.value, ast.Call)
    ]
    read: dict[str, Any] = json.loads(ast.literal_eval(text))["gateway"]
    return read
