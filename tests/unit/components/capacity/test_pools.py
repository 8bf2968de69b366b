"""The capacity of node pools, and servers that fit on none of them."""

from typing import Any

import pytest

from components.capacity.dask import compute_dask_capacity
from components.capacity.fit import check_fit
from components.capacity.node import HUB_CPUS, HUB_RAM_GB, allocatable_cpus, allocatable_ram_gb
from components.capacity.pools import PoolCapacity
from components.capacity.total import Capacity, compute_capacity
from components.config.pools import PURPOSES
from components.config.problems import InvalidTenancy, Problem
from tests.support.tenancies import tenancy

NO_DASK = {"enabled": False}


def pool(name: str, *purposes: str, count: int = 2, cpus: float = 8, ram_gb: float = 32, **more: Any) -> dict[str, Any]:
    size = {"count": count, "cpus": cpus, "ramGb": ram_gb}
    return {"name": name, "labels": {"pool": name}, "purposes": list(purposes or PURPOSES), **size, **more}


CORE, USERS = pool("core", "hub"), pool("users", "notebooks", "daskSchedulers")
WORKERS = pool("workers", "daskWorkers", count=3)
GPU = pool("gpu", "notebooks", "daskWorkers", cpus=32, ram_gb=256, gpus=4)


def capacity(*pools: dict[str, Any], users: int | None = None, **more: Any) -> Capacity:
    nodes = {"pools": list(pools), **({"expectedUsers": users} if users else {})}
    found = compute_capacity(tenancy(notebookCpus=1, notebookRamGb=4, workers=nodes, **more))
    assert found is not None
    return found


def of_pool(found: Capacity, name: str) -> PoolCapacity:
    (only,) = [each for each in found.pools if each.name == name]
    return only


def test_one_pool_has_the_capacity_of_equal_nodes() -> None:
    equal = compute_capacity(tenancy(notebookCpus=1, notebookRamGb=4, workers={"count": 2, "cpus": 8, "ramGb": 32}))
    described = capacity(pool("all"))
    assert equal is not None
    assert (described.notebooks, described.dask_workers) == (equal.notebooks, equal.dask_workers)
    assert described.nodes == equal.nodes


def test_notebooks_are_counted_on_their_pools_only() -> None:
    # 7 on each node, none on the pool of the hub
    assert capacity(CORE, USERS, WORKERS).notebooks == 14
    assert capacity(pool("a", "hub", "notebooks"), USERS, WORKERS).notebooks == 6 + 7 + 14


def test_each_profile_is_counted_on_its_pool() -> None:
    profiles = [{"name": "Small"}, {"name": "Large", "cpus": 4, "ramGb": 16}, {"name": "GPU", "gpus": 2}]
    found = capacity(CORE, USERS, WORKERS, GPU, notebook={"profiles": profiles})
    assert of_pool(found, "core").notebooks == {}
    assert of_pool(found, "users").notebooks == {"Small": 14, "Large": 2}
    # Two of four GPUs on each of two nodes
    assert of_pool(found, "gpu").notebooks == {"GPU": 4}
    assert of_pool(found, "gpu").gpus == 8


def test_each_size_of_a_profile_is_counted() -> None:
    sizes = [{"name": "S", "cpus": 1}, {"name": "L", "cpus": 7, "default": True}]
    found = capacity(CORE, USERS, WORKERS, notebook={"profiles": [{"name": "Any", "sizes": sizes}]})
    assert of_pool(found, "users").notebooks == {"Any, S": 14, "Any, L": 2}
    assert found.notebooks == 2  # of the preselected size


def test_dask_workers_are_counted_on_their_pools() -> None:
    found = capacity(CORE, USERS, WORKERS, users=10, dask={"clustersPerUser": 9})
    assert of_pool(found, "users").dask_workers is None
    assert of_pool(found, "workers").dask_workers == 21
    assert found.dask_workers == 21
    full = capacity(CORE, USERS, WORKERS, users=14, dask={"clustersPerUser": 9})
    assert full.dask_workers == 0  # notebooks leave no room for a scheduler


def test_no_dask_worker_fits_without_room_for_a_scheduler() -> None:
    tiny = pool("tiny", "daskSchedulers", cpus=0.5)
    found = capacity(CORE, pool("users", "notebooks"), WORKERS, tiny)
    assert found.dask_workers == 0
    assert any("a Dask scheduler, with 1 cores and 2 GB, does not fit" in each for each in found.warnings)


def test_dask_workers_with_a_gpu_are_counted() -> None:
    found = capacity(CORE, USERS, WORKERS, GPU, dask={"workerGpus": {"max": 1}})
    assert of_pool(found, "gpu").dask_gpu_workers == 8
    assert of_pool(found, "gpu").dask_workers is None


def test_placeholders_take_room_from_dask_but_not_from_notebooks() -> None:
    both = pool("both", "notebooks", "daskSchedulers", "daskWorkers")
    limits = {"clustersPerUser": 9}
    without, held = (capacity(CORE, {**both, "placeholders": number}, dask=limits) for number in (0, 4))
    assert held.notebooks == without.notebooks
    assert held.dask_workers == (without.dask_workers or 0) - 4


@pytest.mark.parametrize("gpus", [0, 1])
def test_placeholders_on_a_pool_without_servers_are_a_warning(gpus: int) -> None:
    pools = CORE, {**USERS, "placeholders": 2}, GPU
    profiles = {"profiles": [{"name": "A", "gpus": gpus}, {"name": "B", "gpus": 1}]}
    warning = "no profile's servers run on pool users, so its placeholders are needless; remove them"
    assert (warning in capacity(*pools, notebook=profiles).warnings) is bool(gpus)
    larger = {"profiles": [{"name": "A", "cpus": 16}]}
    assert warning in capacity(*pools, pool("large", "notebooks", cpus=32), notebook=larger).warnings


def test_more_expected_users_than_fit_are_a_warning() -> None:
    (warning,) = capacity(CORE, USERS, WORKERS, users=15, dask=NO_DASK).warnings
    assert warning == (
        "there are 15 expected users, but only 14 notebooks of the preselected size fit on pool users; add nodes, or "
        "reduce the size"
    )
    assert capacity(CORE, USERS, WORKERS, users=14, dask=NO_DASK).warnings == ()


def test_dask_may_use_the_nodes_of_its_pools() -> None:
    nodes = [CORE, pool("users", "notebooks"), pool("dask", "daskSchedulers", "daskWorkers", count=3)]
    found = compute_dask_capacity(tenancy(workers={"pools": nodes}))
    assert found == pytest.approx((3 * allocatable_cpus(8), 3 * allocatable_ram_gb(32)))
    found = compute_dask_capacity(tenancy(workers={"pools": [pool("all", count=3)]}))
    assert found == pytest.approx((3 * allocatable_cpus(8) - HUB_CPUS, 3 * allocatable_ram_gb(32) - HUB_RAM_GB))


def test_dask_does_not_count_nodes_with_gpus_on_which_its_pods_do_not_run() -> None:
    nodes = {"pools": [CORE, USERS, WORKERS, GPU]}
    others = compute_dask_capacity(tenancy(workers={"pools": [CORE, USERS, WORKERS]}))
    assert compute_dask_capacity(tenancy(workers=nodes)) == others
    with_gpus = compute_dask_capacity(tenancy(workers=nodes, dask={"workerGpus": {}}))
    assert others is not None
    assert with_gpus == (others[0] + 2 * allocatable_cpus(32), others[1] + 2 * allocatable_ram_gb(256))


def test_the_output_lists_pools_only_where_there_are_some() -> None:
    (core, *_) = capacity(CORE, USERS, WORKERS).as_output()["pools"]
    assert core == {
        "name": "core",
        "nodes": 2,
        "purposes": ["hub"],
        "cpusPerNode": 7.91,
        "ramGbPerNode": 28.34,
        "gpus": 0,
        "notebooks": [],
        "daskWorkers": None,
        "daskGpuWorkers": None,
    }
    assert str(capacity(CORE, USERS, WORKERS)).startswith("capacity of 7 nodes in 3 pools: 14 notebooks, or ")


def misfits(workers: dict[str, Any], **more: Any) -> list[Problem]:
    try:
        check_fit(tenancy(workers=workers, **more), "stacks/Pulumi.vis.yaml")
    except InvalidTenancy as invalid:
        return list(invalid.problems)
    return []


def test_a_profile_that_fits_on_no_node_of_its_pool_is_refused() -> None:
    profiles = [{"name": "A"}, {"name": "B", "ramGb": 64}, {"name": "C", "ramGb": 64, "pool": "gpu"}]
    (found,) = misfits({"pools": [CORE, USERS, WORKERS, GPU]}, notebook={"profiles": profiles})
    assert (found.key, found.value) == ("pangeo:notebook.profiles[1]", "B")
    assert found.message == (
        "with 2 CPUs and 64 GB does not fit on a node of pool users: of its 8 CPUs and 32 GB, pods can use 7.91 CPUs "
        "and 28.3 GB; reduce the size or use larger nodes"
    )


def test_every_size_must_fit() -> None:
    sizes = [{"name": "S"}, {"name": "L", "cpus": 16}]
    pools = {"pools": [CORE, USERS, pool("more", "notebooks", count=1, cpus=4), WORKERS]}
    (found,) = misfits(pools, notebook={"profiles": [{"name": "A", "sizes": sizes}]})
    assert (found.key, found.value) == ("pangeo:notebook.profiles[0].sizes[1]", "A, L")
    assert "on a node of pools users and more: of the 8 CPUs and 32 GB of pool users" in found.message


def test_gpus_and_memory_must_fit_on_one_node() -> None:
    profiles = [{"name": "A", "gpus": 4, "ramGb": 250}]
    (found,) = misfits({"pools": [CORE, USERS, WORKERS, GPU]}, notebook={"profiles": profiles})
    assert "with 2 CPUs, 250 GB and 4 GPUs does not fit on a node of pool gpu" in found.message


def test_the_tenancys_size_must_fit() -> None:
    for key, size in (("notebookCpus", 9), ("notebookRamGb", 31)):
        (found,) = misfits({"pools": [pool("all")]}, **{key: size})
        assert found.key == f"pangeo:{key}"
        assert found.message.startswith("as a notebook with ")


@pytest.mark.parametrize(("ram_gb", "number"), [(28, 0), (30, 0), (31.9, 0), (32, 1), (64, 1)])
def test_on_equal_nodes_only_sizes_above_a_whole_node_are_refused(ram_gb: float, number: int) -> None:
    """Servers start that exceed the estimate of what pods can use: deployed tenancies may have them."""
    nodes = {"count": 2, "cpus": 8, "ramGb": 32}
    profiles = [{"name": "A"}, {"name": "Large", "ramGb": ram_gb}]
    assert len(misfits(nodes, notebook={"profiles": profiles})) == number


def test_nothing_is_refused_without_nodes() -> None:
    check_fit(tenancy(notebookRamGb=4096), "stacks/Pulumi.vis.yaml")
