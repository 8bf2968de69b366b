"""No declared object has a field that the API server leaves out, since every preview would show it as a change."""

from collections.abc import Iterator
from typing import Any

import pytest

from components.config.controllers import TRAEFIK
from components.resources.kubernetes import OUTLIVES_THE_STACK
from tests.support.declared_resources import declare_resources
from tests.support.tenancies import tenancy

RELEASE = "kubernetes:helm.sh/v3:Release"
"""Its values are Helm's and not the API server's."""

CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "smallest": {},
    "storage class with defaults": {"storage__create": {"provisioner": "example.org/none"}},
    "storage class with empty parameters": {"storage__create": {"provisioner": "a", "parameters": {}}},
    "storage class with parameters": {"storage__create": {"provisioner": "a", "parameters": {"type": "ssd"}}},
    "existing storage class": {"storage__className": "homes"},
    "nginx": {"ingress__className": "nginx"},
    "traefik": {"ingress__controller": TRAEFIK},
    "traefik with its own redirect": {"ingress__className": "traefik", "ingress__redirectedBy": "controller"},
    "certificate of a secret": {"ingress__tls": {"secretName": "hub"}},
    "certificate of an issuer": {"ingress__tls": {"clusterIssuer": "letsencrypt"}},
    "empty annotations": {"ingress__annotations": {}},
    "annotations": {"ingress__annotations": {"example.org/a": ""}},
    "not protected": {"protect": False},
    "without Dask": {"dask__enabled": False},
}


@pytest.mark.parametrize("changes", CONFIGURATIONS.values(), ids=CONFIGURATIONS.keys())
def test_no_declared_field_is_empty(changes: dict[str, Any]) -> None:
    declared = [each for each in declare_resources(tenancy(**changes)) if each.type.startswith("kubernetes:")]

    assert [path for each in declared if each.type != RELEASE for path in empty_fields(each.props, each.type)] == []
    assert {each.props["kind"] for each in declared if each.type != RELEASE} & set(OUTLIVES_THE_STACK)


def empty_fields(value: Any, path: str) -> Iterator[str]:
    """Yield the paths of nulls, empty maps and empty lists."""
    if value is None or value in ({}, []):
        yield path
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from empty_fields(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from empty_fields(inner, f"{path}[{i}]")
