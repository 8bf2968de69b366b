"""The second tenancy's limits allow one Dask cluster every measured number of workers."""

import pytest

from bench.dask import WORKERS, dask_section
from components.config.dask import Dask


@pytest.mark.parametrize("workers", WORKERS)
def test_a_cluster_may_have_all_its_workers_and_a_scheduler(workers: int) -> None:
    dask = Dask.model_validate(dask_section(workers))

    assert dask.max_workers == workers
    assert dask.max_cores >= workers * dask.worker_cores.default + dask.scheduler_cores
    for ram_gb in (dask.max_ram_gb, dask.total_ram_gb or 0):
        assert ram_gb >= workers * dask.worker_ram_gb.default + dask.scheduler_ram_gb
