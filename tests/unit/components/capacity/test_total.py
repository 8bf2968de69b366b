from typing import Any

import pytest

from components.capacity.node import allocatable_cpus, allocatable_ram_gb
from components.capacity.total import compute_capacity
from tests.support.tenancies import tenancy

NO_DASK = {"enabled": False}
MODEST = {"workerCores": {"max": 4}, "maxCores": 4, "maxRamGb": 16, "clustersPerUser": 1}
"""Limits that fit on small nodes."""


def nodes(count: int = 3, cpus: float = 8, ram_gb: float = 32, **more: Any) -> dict[str, Any]:
    return {"count": count, "cpus": cpus, "ramGb": ram_gb, **more}


@pytest.mark.parametrize(
    ("cpus", "left"),
    [(1, 0.94), (2, 1.93), (4, 3.92), (8, 7.91), (16, 15.89)],
)
def test_reserved_cpus_are_those_of_gke(cpus: float, left: float) -> None:
    assert allocatable_cpus(cpus) == pytest.approx(left)


@pytest.mark.parametrize(
    ("ram_gb", "left"),
    # 32: 4 × 25 % + 4 × 20 % + 8 × 10 % + 16 × 6 % = 3.56, and 100 MiB
    [(4, 3 - 100 / 1024), (8, 6.2 - 100 / 1024), (32, 28.44 - 100 / 1024), (0.05, 0)],
)
def test_reserved_memory_is_that_of_gke_and_the_eviction_threshold(ram_gb: float, left: float) -> None:
    assert allocatable_ram_gb(ram_gb) == pytest.approx(left)


def test_capacity_is_none_without_nodes() -> None:
    assert compute_capacity(tenancy()) is None


def test_the_scarcer_of_cpus_and_memory_decides() -> None:
    by_cpus = compute_capacity(tenancy(notebookCpus=2, notebookRamGb=1, workers=nodes()))
    by_memory = compute_capacity(tenancy(notebookCpus=0.5, notebookRamGb=10, workers=nodes()))
    assert by_cpus is not None
    assert by_memory is not None
    assert (by_cpus.notebooks_per_node, by_cpus.notebooks) == (3, 9)
    assert (by_memory.notebooks_per_node, by_memory.notebooks) == (2, 6)


def test_the_hub_uses_capacity_of_one_node() -> None:
    # 28.34 GB left: 7 notebooks of 4 GB, 6 beside the hub's 1 GB
    read = compute_capacity(tenancy(notebookCpus=1, notebookRamGb=4, workers=nodes(count=2)))
    assert read is not None
    assert (read.notebooks_per_node, read.notebooks) == (7, 13)


def test_the_pod_limit_of_kubelet_applies() -> None:
    read = compute_capacity(tenancy(notebookCpus=0.1, notebookRamGb=0.1, workers=nodes(count=1, cpus=64, ram_gb=512)))
    assert read is not None
    assert read.notebooks == 100


def test_nodes_needed_by_expected_users_are_counted() -> None:
    read = compute_capacity(
        tenancy(notebookCpus=1, notebookRamGb=4, workers=nodes(count=2, expectedUsers=14), dask=NO_DASK)
    )
    assert read is not None
    assert read.nodes_needed == 3
    assert read.warnings == ("14 expected users need 3 nodes, but there are 2, on which 13 notebooks fit",)


def test_users_who_fit_cause_no_warning() -> None:
    read = compute_capacity(
        tenancy(notebookCpus=1, notebookRamGb=4, workers=nodes(count=2, expectedUsers=13), dask=NO_DASK)
    )
    assert read is not None
    assert (read.nodes_needed, read.warnings) == (2, ())


@pytest.mark.parametrize("users", [1, 6, 7, 13, 14, 50, 333])
def test_nodes_needed_is_the_smallest_sufficient_number(users: int) -> None:
    def notebooks_on(count: int) -> int:
        read = compute_capacity(tenancy(notebookCpus=1, notebookRamGb=4, workers=nodes(count=count)))
        assert read is not None
        return read.notebooks

    read = compute_capacity(tenancy(notebookCpus=1, notebookRamGb=4, workers=nodes(expectedUsers=users)))
    assert read is not None
    assert read.nodes_needed is not None
    assert notebooks_on(read.nodes_needed) >= users
    assert read.nodes_needed == 1 or notebooks_on(read.nodes_needed - 1) < users


def test_a_notebook_too_large_for_a_node_causes_a_warning() -> None:
    read = compute_capacity(tenancy(notebookCpus=8, notebookRamGb=4, workers=nodes(expectedUsers=1), dask=NO_DASK))
    assert read is not None
    assert (read.notebooks, read.nodes_needed) == (0, None)
    assert read.warnings == (
        "a notebook with 8 CPUs and 4 GB does not fit on a node: of its 8 CPUs and 32 GB, pods can use 7.91 CPUs and "
        "28.3 GB; reduce the size or use larger nodes",
    )


def test_a_profile_too_large_for_a_node_causes_a_warning() -> None:
    profiles = [{"name": "Huge", "ramGb": 64}, {"name": "Usual"}]
    read = compute_capacity(tenancy(notebook__profiles=profiles, workers=nodes(), dask=NO_DASK))
    assert read is not None
    assert [warning.split(" does not fit")[0] for warning in read.warnings] == [
        "the profile 'Huge' with 2 CPUs and 64 GB"
    ]


def test_an_exact_fit_is_not_lost_to_floating_point() -> None:
    # 7.91 CPUs left on 8; 7.91 / 0.113 is 69.99999999999999 in floating point
    read = compute_capacity(tenancy(notebookCpus=0.113, notebookRamGb=0.1, workers=nodes()))
    assert read is not None
    assert read.notebooks_per_node == 70


def test_the_stack_output_holds_numbers() -> None:
    read = compute_capacity(
        tenancy(notebookCpus=1, notebookRamGb=4, workers=nodes(count=2, expectedUsers=5), dask=NO_DASK)
    )
    assert read is not None
    assert str(read) == "capacity of 2 nodes: 13 notebooks"
    assert read.as_output() == {
        "notebooks": 13, "limitedBy": ["memory", "CPUs"], "notebooksPerWorker": 7, "workers": 2, "expectedUsers": 5,
        "workersNeeded": 1, "daskWorkers": None,
    }  # fmt: skip


def dask_workers(users: int | None = None, count: int = 2, **dask: Any) -> int | None:
    described = nodes(count=count) if users is None else nodes(count=count, expectedUsers=users)
    read = compute_capacity(tenancy(notebookCpus=1, notebookRamGb=4, workers=described, dask=dask))
    assert read is not None
    return read.dask_workers


def test_dask_workers_fill_the_capacity_beside_the_scheduler() -> None:
    # 7.91 CPUs: 7.91 − 0.5 − 1 for hub and scheduler leaves 6, and the other node 7
    assert dask_workers(clustersPerUser=9) == 6 + 7


def test_dask_workers_fit_beside_the_expected_users_notebooks() -> None:
    # Two notebooks on each node: 7.91 − 0.5 − 2 − 1 CPUs for hub, notebooks and scheduler, and 7.91 − 2
    assert dask_workers(users=4) == 4 + 5


def test_notebooks_reduce_dask_workers_but_not_vice_versa() -> None:
    left = [dask_workers(users=users) or 0 for users in range(1, 20)]
    assert left == sorted(left, reverse=True)
    assert left[-1] == 0
    read = compute_capacity(tenancy(notebookCpus=1, notebookRamGb=4, workers=nodes(count=2)))
    assert read is not None
    assert read.notebooks == 13


def test_memory_limits_the_dask_workers() -> None:
    # 28.34 GB: 28.34 − 1 − 2 holds 2 of 10 GB, and the other node 2
    assert dask_workers(workerRamGb={"default": 10}, clustersPerUser=9) == 2 + 2


def test_the_largest_allowed_numbers_are_computed_quickly() -> None:
    described = {"count": 10_000, "cpus": 4096, "ramGb": 100_000, "expectedUsers": 1_000_000}
    read = compute_capacity(tenancy(workers=described))
    assert read is not None
    assert read.notebooks == 1_000_000
    assert read.dask_workers == 0  # kubelet's number of pods is reached by notebooks alone


@pytest.mark.parametrize("users", range(1, 30))
def test_notebooks_and_dask_workers_never_exceed_the_nodes(users: int) -> None:
    fit = dask_workers(users=users, count=3, clustersPerUser=9, workerCores={"default": 2}) or 0
    notebooks = min(users, 20)
    scheduler = 1 if fit else 0
    assert notebooks * 1 + fit * 2 + scheduler <= 3 * 7.91 - 0.5
    assert notebooks * 4 + fit * 2 + 2 * scheduler <= 3 * 28.35 - 1


def test_limits_of_clusters_limit_the_dask_workers() -> None:
    assert dask_workers(users=1, maxWorkers=3, clustersPerUser=1) == 3
    assert dask_workers(users=1, maxCores=5, clustersPerUser=1) == 4
    assert dask_workers(users=1, maxRamGb=8, clustersPerUser=1) == 3


def test_size_of_the_scheduler_reduces_the_dask_workers() -> None:
    assert dask_workers(schedulerCores=3, clustersPerUser=9) == 6 + 5
    assert dask_workers(users=1, schedulerRamGb=6, maxRamGb=8, clustersPerUser=1) == 1


def test_a_smaller_cpu_request_lets_more_dask_workers_fit() -> None:
    assert (dask_workers(cpuRequest=0.5, clustersPerUser=9) or 0) > 6 + 7


def test_a_dask_scheduler_too_large_for_a_node_causes_a_warning() -> None:
    read = compute_capacity(tenancy(workers=nodes(), dask={**MODEST, "schedulerCores": 8.5, "maxCores": 10}))
    assert read
    assert any(
        "a Dask scheduler, with 8.5 cores and 2 GB, does not fit on a node" in warning
        and "reduce dask.schedulerCores or dask.schedulerRamGb" in warning
        for warning in read.warnings
    )


def test_dask_workers_are_in_the_text_and_the_output() -> None:
    modest = nodes(count=2, expectedUsers=4)
    read = compute_capacity(tenancy(notebookCpus=1, notebookRamGb=4, workers=modest, dask=MODEST))
    assert read is not None
    assert str(read) == "capacity of 2 nodes: 13 notebooks, or 4 notebooks and 9 Dask workers"
    assert read.as_output()["daskWorkers"] == 9
    assert read.warnings == ()


def test_a_user_limit_above_the_capacity_causes_a_warning() -> None:
    read = compute_capacity(tenancy(workers=nodes(count=2), dask={**MODEST, "maxCores": 10, "clustersPerUser": 2}))
    assert read is not None
    assert read.warnings == (
        "the 2 Dask clusters of one user may have 20 cores and 32 GB, but the nodes have only 15.3 cores and 55.7 GB "
        "for all users; reduce dask.maxCores, dask.maxRamGb or dask.clustersPerUser",
    )


def test_a_dask_worker_too_large_for_a_node_causes_a_warning() -> None:
    read = compute_capacity(tenancy(workers=nodes(), dask={**MODEST, "workerCores": {"max": 8}}))
    assert read is not None
    assert read.warnings == (
        "the largest Dask worker, with 8 cores and 16 GB, does not fit on a node with 8 CPUs and 32 GB and would "
        "never start; reduce dask.workerCores.max or dask.workerRamGb.max",
    )
