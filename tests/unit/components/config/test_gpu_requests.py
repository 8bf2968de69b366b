"""Requests for GPUs that the nodes in the stack file do not satisfy."""

from typing import Any

import pytest

from components.config.gpus import has_gpus
from tests.support.tenancies import problems, tenancy


def pool(name: str, gpus: int = 0, **more: Any) -> dict[str, Any]:
    return {"name": name, "count": 2, "cpus": 8, "ramGb": 32, "gpus": gpus, "labels": {"pool": name}, **more}


CPU, GPU = pool("cpu"), pool("gpu", 2)
AMD = pool("amd", 4, gpuResource="amd.com/gpu")
NOTEBOOKS = {"purposes": ["hub", "notebooks", "daskSchedulers"]}


def found(*pools: dict[str, Any], profile: Any = None, workers: Any = None) -> list[tuple[str, str]]:
    """Return the problems of a profile with these keys, and of Dask workers with GPUs."""
    changes: dict[str, Any] = {"workers": {"pools": list(pools)}} if pools else {}
    if profile is not None:
        changes["notebook"] = {"profiles": [{"name": "Small"}, {"name": "GPU", **profile}]}
    if workers is not None:
        changes["dask"] = {"workerGpus": workers}
    return [(each.key.removeprefix("pangeo:"), each.message) for each in problems(**changes)]


PROFILE, WORKER = "notebook.profiles[1].gpus", "dask.workerGpus.max"


def test_gpus_that_nodes_have_can_be_requested() -> None:
    assert found(CPU, GPU, profile={"gpus": 2}, workers={"max": 2}) == []
    assert found(CPU, GPU, profile={"gpus": 0, "pool": "cpu"}) == []


def test_gpus_can_be_requested_from_nodes_that_are_not_described() -> None:
    assert found(profile={"gpus": 64}, workers={"max": 64}) == []


def test_all_requests_without_a_pool_are_reported_together() -> None:
    start = "is a number of GPUs, but no pool with the purpose"
    only_hub = GPU | {"purposes": ["hub", "daskSchedulers"]}

    for pools in ((CPU,), (CPU, only_hub)):
        assert found(*pools, profile={"gpus": 1}, workers={}) == [
            (PROFILE, f"{start} notebooks has any; set gpus of such a pool"),
            (WORKER, f"{start} daskWorkers has any; set gpus of such a pool"),
        ]


def test_a_pool_without_gpus_that_a_profile_names_is_reported() -> None:
    assert found(CPU, GPU, profile={"gpus": 1, "pool": "cpu"}) == [
        (PROFILE, "is a number of GPUs, but pool cpu has none; set its gpus, or write another pool")
    ]


def test_an_unknown_pool_is_reported_only_once() -> None:
    assert [key for key, _ in found(CPU, GPU, profile={"gpus": 1, "pool": "tpu"})] == ["notebook.profiles[1].pool"]


def test_equal_nodes_have_no_gpus() -> None:
    nodes = {"count": 2, "cpus": 8, "ramGb": 32}
    reported = problems(workers=nodes, notebook__profiles=[{"name": "GPU", "gpus": 1}])

    assert [(each.key, each.message) for each in reported] == [
        (
            "pangeo:notebook.profiles[0].gpus",
            "is a number of GPUs, but workers describes nodes without any; describe the nodes in workers.pools",
        )
    ]


def test_more_gpus_than_a_node_has_are_reported() -> None:
    expected = "is more than a node of pool gpu has; write at most 2"
    assert found(CPU, GPU, profile={"gpus": 3}, workers={"max": 4}) == [(PROFILE, expected), (WORKER, expected)]

    expected = "is more than a node of pools gpu and fat has; write at most 8"
    assert found(CPU, GPU, pool("fat", 8), profile={"gpus": 9}) == [(PROFILE, expected)]


def test_sizes_with_too_many_gpus_are_reported() -> None:
    sizes = [{"name": "One", "gpus": 1}, {"name": "Three", "gpus": 3}]

    assert found(CPU, GPU, profile={"sizes": sizes}) == [
        ("notebook.profiles[1].sizes[1].gpus", "is more than a node of pool gpu has; write at most 2")
    ]


def test_gpus_with_several_names_are_reported_with_the_choice() -> None:
    start = (
        "is a number of GPUs that could be those of pools gpu and amd, whose gpuResource differ (amd.com/gpu, "
        "nvidia.com/gpu);"
    )
    assert found(CPU, GPU, AMD, profile={"gpus": 1}, workers={}) == [
        (PROFILE, f"{start} write pool in the profile"),
        (WORKER, f"{start} leave daskWorkers out of the purposes of the others"),
    ]
    assert found(CPU, GPU, AMD | NOTEBOOKS, profile={"gpus": 1, "pool": "amd"}, workers={}) == []


@pytest.mark.parametrize(
    ("gpus", "message"),
    [
        (0.5, "is not a whole number of GPUs; write 1"),
        ("half", "is not a whole number of GPUs; write for example 1"),
        (-1, "must be at least 0 GPUs"),
        (65, "must be at most 64 GPUs"),
    ],
)
def test_a_number_of_gpus_is_whole_and_small(gpus: Any, message: str) -> None:
    assert found(CPU, GPU, profile={"gpus": gpus}) == [(PROFILE, message)]


def test_other_problems_do_not_hide_these() -> None:
    keys = [key for key, _ in found(CPU, profile={"gpus": 1, "description": "x" * 401}, workers={"max": 0})]
    assert keys == ["notebook.profiles[1].description", WORKER]

    keys = [key for key, _ in found(CPU | {"cpus": 0}, profile={"gpus": 1})]
    assert keys == ["workers.pools[0].cpus"]


@pytest.mark.parametrize("pools", [(CPU, GPU), ()])
def test_no_variable_shows_the_gpus_of_others(pools: tuple[dict[str, Any], ...]) -> None:
    variable = {"environment": {"NVIDIA_VISIBLE_DEVICES": "all"}}
    message = "would show the GPUs of a node to servers that did not request them; remove it"

    assert found(*pools, profile={"gpus": 1, **variable}) == [
        ("notebook.profiles[1].environment.NVIDIA_VISIBLE_DEVICES", message)
    ]
    assert found(CPU, profile=variable) == []


def test_a_tenancy_has_gpus_as_described_or_as_requested() -> None:
    requested = {"notebook__profiles": [{"name": "GPU", "gpus": 1}]}

    assert has_gpus(tenancy(**requested))
    assert has_gpus(tenancy(dask={"workerGpus": {}}))
    assert has_gpus(tenancy(workers={"pools": [CPU, GPU]}))
    assert not has_gpus(tenancy(notebook__profiles=[{"name": "CPU", "gpus": 0}]))
    assert not has_gpus(tenancy(workers={"pools": [CPU]}))
