from typing import Any

import pytest

from components.capacity import allocatable_cpus, allocatable_ram_gb, capacity
from tests.unit.components.tenancies import tenancy


def workers(count: int = 3, cpus: float = 8, ram_gb: float = 32, **more: Any) -> dict[str, Any]:
    return {"count": count, "cpus": cpus, "ramGb": ram_gb, **more}


@pytest.mark.parametrize(
    ("cpus", "left"),
    [(1, 0.94), (2, 1.93), (4, 3.92), (8, 7.91), (16, 15.89)],
)
def test_the_systems_share_of_cpus_is_gkes(cpus: float, left: float) -> None:
    assert allocatable_cpus(cpus) == pytest.approx(left)


@pytest.mark.parametrize(
    ("ram_gb", "left"),
    # 32: 4 × 25 % + 4 × 20 % + 8 × 10 % + 16 × 6 % = 3.56, and 100 MiB
    [(4, 3 - 100 / 1024), (8, 6.2 - 100 / 1024), (32, 28.44 - 100 / 1024), (0.05, 0)],
)
def test_the_systems_share_of_memory_is_gkes_and_the_eviction_threshold(ram_gb: float, left: float) -> None:
    assert allocatable_ram_gb(ram_gb) == pytest.approx(left)


def test_nothing_is_said_where_no_workers_are_stated() -> None:
    assert capacity(tenancy()) is None


def test_the_scarcer_of_cpus_and_memory_decides() -> None:
    by_cpus = capacity(tenancy(notebookCpus=2, notebookRamGb=1, workers=workers()))
    by_memory = capacity(tenancy(notebookCpus=0.5, notebookRamGb=10, workers=workers()))
    assert by_cpus is not None
    assert by_memory is not None
    assert (by_cpus.notebooks_per_worker, by_cpus.notebooks) == (3, 9)
    assert (by_memory.notebooks_per_worker, by_memory.notebooks) == (2, 6)


def test_the_hub_takes_room_on_one_worker() -> None:
    # 28.34 GB left: 7 notebooks of 4 GB, 6 beside the hub's 1 GB
    read = capacity(tenancy(notebookCpus=1, notebookRamGb=4, workers=workers(count=2)))
    assert read is not None
    assert (read.notebooks_per_worker, read.notebooks) == (7, 13)


def test_kubelets_number_of_pods_is_a_bound_too() -> None:
    read = capacity(tenancy(notebookCpus=0.1, notebookRamGb=0.1, workers=workers(count=1, cpus=64, ram_gb=512)))
    assert read is not None
    assert read.notebooks == 100


def test_the_workers_expected_users_need_are_counted() -> None:
    read = capacity(tenancy(notebookCpus=1, notebookRamGb=4, workers=workers(count=2, expectedUsers=14)))
    assert read is not None
    assert read.workers_needed == 3
    assert read.warnings == (
        "14 expected users do not fit: there is room for 13 notebooks on 2 workers, and 3 would be needed",
    )


def test_users_who_fit_are_no_reason_to_warn() -> None:
    read = capacity(tenancy(notebookCpus=1, notebookRamGb=4, workers=workers(count=2, expectedUsers=13)))
    assert read is not None
    assert (read.workers_needed, read.warnings) == (2, ())


@pytest.mark.parametrize("users", [1, 6, 7, 13, 14, 50, 333])
def test_as_many_workers_as_are_needed_are_enough_and_one_less_is_not(users: int) -> None:
    def with_workers(count: int) -> int:
        read = capacity(tenancy(notebookCpus=1, notebookRamGb=4, workers=workers(count=count)))
        assert read is not None
        return read.notebooks

    read = capacity(tenancy(notebookCpus=1, notebookRamGb=4, workers=workers(expectedUsers=users)))
    assert read is not None
    assert read.workers_needed is not None
    assert with_workers(read.workers_needed) >= users
    assert read.workers_needed == 1 or with_workers(read.workers_needed - 1) < users


def test_a_notebook_that_fits_no_worker_is_told() -> None:
    read = capacity(tenancy(notebookCpus=8, notebookRamGb=4, workers=workers(expectedUsers=1)))
    assert read is not None
    assert (read.notebooks, read.workers_needed) == (0, None)
    assert read.warnings == (
        "a notebook of 8 CPUs and 4 GB fits no worker of 8 CPUs and 32 GB: pods have 7.91 CPUs and 28.3 GB of it; "
        "make it smaller or the workers larger",
    )


def test_a_profile_that_fits_no_worker_is_told() -> None:
    read = capacity(tenancy(notebook__profiles=[{"name": "Huge", "ramGb": 64}, {"name": "Usual"}], workers=workers()))
    assert read is not None
    assert [warning.split(" fits")[0] for warning in read.warnings] == ["the profile 'Huge' of 2 CPUs and 64 GB"]


def test_an_exact_fit_is_not_lost_to_floating_point() -> None:
    # 7.91 CPUs left on 8; 7.91 / 0.113 is 69.99999999999999 in floating point
    read = capacity(tenancy(notebookCpus=0.113, notebookRamGb=0.1, workers=workers()))
    assert read is not None
    assert read.notebooks_per_worker == 70


def test_the_output_is_plain_numbers() -> None:
    read = capacity(tenancy(notebookCpus=1, notebookRamGb=4, workers=workers(count=2, expectedUsers=5)))
    assert read is not None
    assert str(read) == "room for 13 notebooks on 2 workers"
    assert read.as_output() == {
        "notebooks": 13, "notebooksPerWorker": 7, "workers": 2, "expectedUsers": 5, "workersNeeded": 1,
    }  # fmt: skip
