"""Every place in the values of the charts that a change may be made at: from schemas, default values and traits."""

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from components.chart.values import chart_values
from local.paths import PROJECT
from local.stand_ins.charts.assemble import STAND_INS
from policies.traits import class_names, trait_names
from tests.support.tenancies import tenancy

Place = tuple[str | int, ...]

UPSTREAM = PROJECT.parent / "shared" / "upstream"
"""Schemas and default values of the upstream charts, where they are available."""

MANY_SETTINGS: dict[str, Any] = {
    "sharedFolders": [
        {"name": "ocean", "create": {"sizeGb": 1, "className": "nfs"}, "writers": ["w"], "readers": "all", "gid": 5000},
        {"name": "era5", "nfs": {"server": "192.0.2.1", "path": "/a"}, "readOnly": True, "readers": ["r"]},
    ],
    "notebook": {
        "environment": {"TOKEN": {"secret": "s3", "key": "k"}, "TEXT": "x"},
        "groupEnvironment": {"ocean": {"TOKEN": {"secret": "s3-ocean", "key": "k"}}},
        "profiles": [
            {"name": "Large", "groups": ["ocean"], "environment": {"TEXT": "y"}},
            {
                "name": "GPU",
                "gpus": 1,
                "pool": "gpu",
                "images": [{"name": "A", "image": "docker.io/pangeo/ml-notebook:1"}],
                "customImages": {"pattern": "docker.io/pangeo/*"},
                "sizes": [{"name": "Small", "cpus": 1, "gpus": 0}, {"name": "Large", "cpus": 2, "ramGb": 8}],
            },
        ],
    },
    "workers": {
        "pools": [
            {"name": "cpu", "count": 3, "cpus": 16, "ramGb": 64, "labels": {"pool": "cpu"}, "placeholders": 2},
            {
                "name": "gpu",
                "count": 1,
                "cpus": 16,
                "ramGb": 64,
                "gpus": 2,
                "labels": {"pool": "gpu"},
                "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}],
            },
        ]
    },
    "dask": {"workerGpus": {"max": 1, "groups": ["ocean"]}},
    "objectStore": {
        "endpoint": "https://s3.example.org",
        "credentials": {"secret": "s3-user-{user}"},
        "groupCredentials": [{"group": "ocean", "secret": "s3-ocean"}],
        "scratchBucket": "scratch",
    },
    "network": {
        "reach": [{"name": "store", "cidrs": "10.20.0.0/16", "ports": 443}],
        "proxy": {"http": "http://proxy.example.org:3128"},
        "dns": {"namespace": "openshift-dns", "ports": [53, 5353]},
        "apiServer": "cilium",
    },
    "registries": {"mirror": "registry.example.org/cache", "pullSecrets": ["registry-login"]},
}
"""Settings of data, choices and nodes: the values of such a tenancy have places that the smallest one does not have."""

CHARTS = ("jupyterhub", "dask-gateway")
OPEN = "anything"
"""The key that stands for any key of a mapping."""


@functools.cache
def known_places() -> list[Place]:
    """Return every place, in a fixed order."""
    found: set[Place] = {("digests", "other"), ("global", OPEN), ("jupyterhub",), ("dask-gateway",), ("dask",)}
    for chart in CHARTS:
        for schema in (STAND_INS / chart / "values.schema.json", *UPSTREAM.glob(f"{chart}-*.values.schema.yaml")):
            found.update(_in_schema(_read(schema), (chart,), _read(schema)))
        for values in (STAND_INS / chart / "values.yaml", *UPSTREAM.glob(f"{chart}-*.values.yaml")):
            found.update(_in_values(_read(values), (chart,)))
    found.update(_in_schema(_read(PROJECT / "chart" / "values.schema.json"), (), {}))
    for name in (*class_names(), "GenericOAuthenticator", "Application"):
        found.update(("jupyterhub", "hub", "config", name, trait) for trait in trait_names(name) or {OPEN})
    for given in (tenancy(), tenancy(**MANY_SETTINGS)):
        found.update(_in_values(chart_values(given), ()))
    found.discard(())
    return sorted(found, key=str)


def _read(file: Path) -> Any:
    text = file.read_text(encoding="utf-8")
    return json.loads(text) if file.suffix == ".json" else yaml.load(text, yaml.CSafeLoader)


def _in_schema(schema: Any, place: Place, root: Any, depth: int = 0) -> Iterator[Place]:
    if not isinstance(schema, dict) or depth > 12:
        return
    if "$ref" in schema:
        target = root
        for key in str(schema["$ref"]).removeprefix("#/").split("/"):
            target = target.get(key, {}) if isinstance(target, dict) else {}
        yield from _in_schema(target, place, root, depth + 1)
    yield place
    for key, inner in (schema.get("properties") or {}).items():
        yield from _in_schema(inner, (*place, key), root, depth + 1)
    if schema.get("additionalProperties", "properties" not in schema) is not False and place:
        yield (*place, OPEN)
    yield from _in_schema(schema.get("items"), (*place, 0), root, depth + 1)


def _in_values(values: Any, place: Place) -> Iterator[Place]:
    yield place
    if isinstance(values, dict):
        yield (*place, OPEN)
        for key, inner in values.items():
            yield from _in_values(inner, (*place, key))
    elif isinstance(values, list):
        for index in range(len(values) + 1):
            yield from _in_values(values[index] if index < len(values) else None, (*place, index))
