"""The code in the configuration of Dask's gateway."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest

from components.chart.gateway_code import (
    MODULES,
    approved_images,
    backend_settings,
    common_variables,
    custom_images,
    gateway_configuration,
    module_text,
)
from tests.support.tenancies import tenancy

IMAGE = "docker.io/example/notebook:7"
OTHER = "docker.io/example/other:7"


@pytest.mark.parametrize("count", [1, 5])
def test_number_of_clusters_per_user_is_limited(count: int) -> None:
    python = backend_settings(tenancy(dask__clustersPerUser=count))
    assert python.endswith(f"c.BoundedKubeBackend.clusters_per_user = {count}\n")


@pytest.mark.parametrize(("dask", "quota"), [({"totalRamGb": 40}, "vis-pangeo-dask"), ({}, "")])
def test_gateway_knows_the_quota_if_there_is_one(dask: dict[str, Any], quota: str) -> None:
    assert f'c.BoundedKubeBackend.quota = "{quota}"\n' in backend_settings(tenancy(dask=dask))


def test_size_of_workers_is_within_the_tenancys_limits() -> None:
    settings = backend_settings(tenancy(dask={"workerCores": {"max": 4}, "workerRamGb": {"min": 0.5, "default": 3}}))

    assert 'c.BoundedKubeBackend.worker_cores = {"min": 1, "default": 1, "max": 4}\n' in settings
    assert 'c.BoundedKubeBackend.worker_memory = {"min": 0.5, "default": 3, "max": 16}\n' in settings


def test_only_a_tenancy_with_gpus_has_a_setting_of_them() -> None:
    settings = backend_settings(tenancy(dask={"workerGpus": {"max": 2, "groups": ["modellers"]}}))

    expected = {
        "resource": "nvidia.com/gpu",
        "max": 2,
        "default": 0,
        "groups": ["modellers"],
        "maxPerCluster": None,
    } | {"placement": None}
    assert f"c.BoundedKubeBackend.worker_gpus = {expected}\n" in settings
    assert "gpu" not in backend_settings(tenancy())


@pytest.mark.parametrize(
    ("workers", "fixed", "seconds"),
    [
        (None, False, 300),
        ({"count": 2, "cpus": 8, "ramGb": 32}, True, 30),
        ({"pools": [{"name": "all", "count": 2, "cpus": 8, "ramGb": 32}]}, True, 30),
        ({"pools": [{"name": "all", "count": 2, "cpus": 8, "ramGb": 32, "placeholders": 1}]}, False, 300),
    ],
)
def test_pods_wait_for_nodes_of_an_autoscaler(workers: object, fixed: bool, seconds: int) -> None:
    settings = backend_settings(tenancy(workers=workers))
    assert f"c.BoundedKubeBackend.nodes_are_fixed = {fixed}\n" in settings
    assert f"c.BoundedKubeBackend.scheduling_timeout = {seconds}\n" in settings


def approved(*profiles: dict[str, Any]) -> dict[str, list[str]]:
    """Return the groups for each approved image of a tenancy with these profiles."""
    images = approved_images(tenancy(notebook__image=IMAGE, notebook__profiles=list(profiles)))
    return {image["name"]: image["groups"] for image in images}


def test_image_of_notebook_servers_is_approved_for_all() -> None:
    assert approved() == approved({"name": "Large", "groups": ["modellers"]}) == {IMAGE: []}


def test_image_of_a_profile_is_approved_for_its_groups() -> None:
    assert approved({"name": "A", "image": OTHER}) == {IMAGE: [], OTHER: []}
    assert approved(
        {"name": "A", "image": OTHER, "groups": ["b"]}, {"name": "B", "image": OTHER, "groups": ["a", "b"]}
    ) == {IMAGE: [], OTHER: ["a", "b"]}


def test_images_to_choose_from_are_approved_for_the_profiles_groups() -> None:
    images = [{"name": "Own", "image": IMAGE}, {"name": "Other", "image": OTHER}]
    assert approved({"name": "A", "images": images, "groups": ["b"]}) == {IMAGE: [], OTHER: ["b"]}


def test_images_that_users_write_are_those_of_the_profiles_groups() -> None:
    profiles = [{"name": "A"}, {"name": "B", "groups": ["b", "a"], "customImages": {"pattern": "quay.io/a/*"}}]
    mirrored = tenancy(notebook__profiles=profiles, registries={"mirror": "registry.example.org/cache"})
    (found,) = custom_images(mirrored)
    assert found == {
        "pattern": found["pattern"],
        "prefix": "registry.example.org/cache/",
        "shown": "quay.io/a/*",
        "groups": ["a", "b"],
    }
    assert re.fullmatch(found["pattern"], "quay.io/a/b:1")
    assert custom_images(tenancy()) == []


@pytest.mark.parametrize("order", [1, -1])
def test_image_of_a_profile_for_all_is_approved_for_all(order: int) -> None:
    profiles: list[dict[str, Any]] = [
        {"name": "A", "image": OTHER, "groups": ["a"]},
        {"name": "B", "image": OTHER},
        {"name": "C", "image": IMAGE, "groups": ["a"]},
    ]

    assert approved(*profiles[::order]) == {IMAGE: [], OTHER: []}


def test_clusters_share_the_declared_variables() -> None:
    declared = {"TEXT": "a$(HOME){}", "KEY": {"secret": "store-keys", "key": "k"}}
    settings = backend_settings(tenancy(notebook__environment=declared))

    assert "c.BoundedKubeBackend.shared_variables = ['KEY', 'TEXT']\n" in settings
    assert common_variables(tenancy(notebook__environment=declared)) == [
        {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "store-keys", "key": "k"}}},
        {"name": "TEXT", "value": "a$$(HOME){}"},
    ]


def test_pieces_are_one_valid_python_file() -> None:
    pieces = gateway_configuration(tenancy())

    compile("\n".join(pieces[name] for name in sorted(pieces)), "dask_gateway_config.py", "exec")


def test_modules_use_different_names_in_their_common_namespace() -> None:
    definitions: dict[str, set[str]] = {}
    for module in MODULES.values():
        for statement in ast.parse(module_text(module)).body:
            for name, origin in bound_names(statement, module):
                definitions.setdefault(name, set()).add(origin)

    assert {name: origins for name, origins in definitions.items() if len(origins) > 1} == {}


def bound_names(statement: ast.stmt, module: str) -> Iterator[tuple[str, str]]:
    """Return the names that a statement of a module defines, with the module that they come from."""
    if isinstance(statement, ast.ImportFrom):
        yield from ((each.asname or each.name, f"{statement.module}.{each.name}") for each in statement.names)
    elif isinstance(statement, ast.Import):
        yield from ((each.asname or each.name, each.name) for each in statement.names)
    elif isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        yield statement.name, module
    elif isinstance(statement, ast.Assign):
        names = [each for target in statement.targets for each in ast.walk(target)]
        yield from ((each.id, module) for each in names if isinstance(each, ast.Name))
