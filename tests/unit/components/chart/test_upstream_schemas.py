"""The chart values, validated with the schemas of the upstream charts where these are available."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from components.chart.archives import CHART
from tests.support.rendered_values import values

SCHEMAS = Path(__file__).resolve().parents[5] / "shared" / "upstream"

CHARTS = {
    each["name"]: f"{each['name']}-{each['version']}"
    for each in yaml.safe_load((CHART / "Chart.lock").read_text())["dependencies"]
}

TENANCIES: dict[str, dict[str, Any]] = {
    "minimal": {},
    "no dask": {"dask": {"enabled": False}},
    "halves": {"notebookCpus": 0.5, "notebookRamGb": 1.5},
    "own image and class": {
        "notebook": {"image": "registry.example.org:5000/pangeo/notebook:2026.01.30"},
        "storage": {"className": "csi-cinder", "hubDatabaseClass": "block"},
        "protect": False,
    },
    "groups": {
        "identity": {
            "server": ["ipa1.example.org", "ipa2.example.org"],
            "realm": "EXAMPLE.ORG",
            "bindDn": "uid=deployer,cn=users,cn=accounts,dc=example,dc=org",
            "adminGroup": "pangeo_admins",
            "nestedGroups": True,
        },
        "notebook": {"profiles": [{"name": "Small"}, {"name": "Large", "ramGb": 16, "groups": ["modellers"]}]},
    },
    "shared folders": {"sharedFolders": [{"name": "a", "claim": "b", "writers": ["w"], "readers": "all"}]},
    "profiles": {"notebook": {"profiles": [{"name": "Small"}, {"name": "Large", "cpus": 4, "ramGb": 16}]}},
    "gpus": {
        "notebook": {"profiles": [{"name": "A", "gpus": 1}, {"name": "B", "sizes": [{"name": "C", "gpus": 2}]}]},
        "dask": {"workerGpus": {"max": 2, "groups": ["modellers"]}},
    },
    "choices": {
        "notebook": {
            "profiles": [
                {
                    "name": "Free",
                    "images": [{"name": "A", "image": "registry.example.org/a:1"}],
                    "customImages": {"pattern": "registry.example.org/own/**"},
                    "sizes": [{"name": "Small", "cpus": 1}],
                }
            ]
        }
    },
}


@cache
def upstream(chart: str, kind: str) -> dict[str, Any]:
    """A chart's own ``values`` or ``values.schema``."""
    file = SCHEMAS / f"{CHARTS[chart]}.{kind}.yaml"
    if not file.exists():
        pytest.skip(f"no upstream data at {file}: fetch the chart and put its {kind}.yaml there")
    loaded: dict[str, Any] = yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)
    return loaded


def find_problems(chart: str, given: dict[str, Any]) -> list[str]:
    """The violations of the chart's schema by its defaults merged with ``given``."""
    validator = Draft202012Validator(upstream(chart, "values.schema"))
    errors = validator.iter_errors(merge(upstream(chart, "values"), given))
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in errors]


def merge(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Merge values as Helm does."""
    result = dict(base)
    for key, value in changes.items():
        under = result.get(key)
        result[key] = merge(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return result


@pytest.mark.parametrize("name", TENANCIES)
def test_hub_values_fit_the_upstream_schema(name: str) -> None:
    assert find_problems("jupyterhub", values(**TENANCIES[name])["jupyterhub"]) == []


@pytest.mark.parametrize("name", [name for name, changes in TENANCIES.items() if "dask" not in changes])
def test_gateway_values_fit_the_upstream_schema(name: str) -> None:
    assert find_problems("dask-gateway", values(**TENANCIES[name])["dask-gateway"]) == []


def test_wrong_value_does_not_fit_the_schema() -> None:
    assert find_problems("jupyterhub", {"singleuser": {"cpu": {"limit": "two"}}}) != []
