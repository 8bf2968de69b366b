"""The capacity for Dask's schedulers and workers."""

from components.capacity.node import HUB_CPUS, HUB_RAM_GB, PodSize, allocatable_cpus, allocatable_ram_gb, count_times
from components.capacity.nodes import Nodes, count_fitting
from components.config.dask import Dask
from components.config.placement import DASK_PURPOSES
from components.config.pools import pools_of
from components.config.storage_requests import storage_of_schedulers, storage_of_workers
from components.config.tenancy import Tenancy


def compute_dask_capacity(tenancy: Tenancy) -> tuple[float, float] | None:
    """Compute the cores and gigabytes of all nodes on which Dask's pods can run, without the hub's share.

    It is None without described nodes.
    """
    if tenancy.nodes is None:
        return None
    kinds = tenancy.nodes.kinds
    used = [each for purpose in DASK_PURPOSES for each in pools_of(kinds, purpose)]
    if tenancy.dask.worker_gpus is not None:
        used += pools_of(kinds, "daskWorkers", gpus=True)
    pools = [pool for pool in kinds if pool in used]
    cpus = sum(pool.count * allocatable_cpus(pool.cpus) for pool in pools)
    ram_gb = sum(pool.count * allocatable_ram_gb(pool.ram_gb) for pool in pools)
    if next(iter(pools_of(kinds, "hub")), None) in pools:
        cpus, ram_gb = cpus - HUB_CPUS, ram_gb - HUB_RAM_GB
    return max(0.0, cpus), max(0.0, ram_gb)


def worker_size(tenancy: Tenancy) -> PodSize:
    """Return the requests of a worker of the default size."""
    dask = tenancy.dask
    cpus, storage = dask.requested_cpus(dask.worker_cores.default), storage_of_workers(tenancy)
    return PodSize(cpus, dask.worker_ram_gb.default, storage_gb=storage.request_gb)


def scheduler_size(tenancy: Tenancy) -> PodSize:
    """Return the requests of a scheduler."""
    dask, storage = tenancy.dask, storage_of_schedulers(tenancy)
    return PodSize(dask.requested_cpus(dask.scheduler_cores), dask.scheduler_ram_gb, storage_gb=storage.request_gb)


def count_workers(tenancy: Tenancy, nodes: Nodes, users: int) -> int:
    """Return the workers of the default size that fit on nodes beside one scheduler, in clusters of these users."""
    dask, kinds = tenancy.dask, tenancy.nodes.kinds if tenancy.nodes else ()
    worker, scheduler = worker_size(tenancy), scheduler_size(tenancy)
    schedulers, workers = pools_of(kinds, "daskSchedulers"), pools_of(kinds, "daskWorkers")
    place = next((each for each in nodes if each.pool in schedulers and each.free.count_fitting(scheduler)), None)
    if place is None:
        return 0
    lost = 0
    if place.pool in workers:
        lost = place.free.count_fitting(worker) - place.free.without(1, scheduler).count_fitting(worker)
    return min(count_fitting(nodes, worker, workers) - lost, _limit_of_user(dask) * max(1, users))


def _limit_of_user(dask: Dask) -> int:
    cores, ram_gb = dask.worker_cores.default, dask.worker_ram_gb.default
    return dask.clusters_per_user * min(
        count_times(dask.max_cores - dask.scheduler_cores, cores),
        count_times(dask.max_ram_gb - dask.scheduler_ram_gb, ram_gb),
        dask.max_workers,
    )
