"""Warnings about GPUs that nobody can request or that other pods block, and of which Dask workers cannot have any."""

from collections.abc import Iterator
from dataclasses import replace

from components.capacity.dask import worker_size
from components.capacity.node import empty_node
from components.config.gpus import pools_with_gpus
from components.config.placement import DASK_PURPOSES, describe_match, describe_separation, find_confusable
from components.config.pools import PURPOSES, describe_pools, pools_of
from components.config.server_sizes import server_sizes
from components.config.tenancy import Tenancy
from components.config.types import format_count


def gpu_warnings(tenancy: Tenancy) -> Iterator[str]:
    """Yield each pool whose GPUs no pod requests, and whether a Dask worker with a GPU or their total is too large."""
    known, dask = pools_with_gpus(tenancy), tenancy.dask
    gpus = dask.worker_gpus if dask.enabled else None
    for_workers = pools_of(known, "daskWorkers", gpus=True) if gpus else ()
    sizes = server_sizes(tenancy)
    for pool in known:
        if pool not in for_workers and not any(size.gpus and pool in size.pools for size in sizes):
            yield (
                f"nobody can request the {format_count(pool.count * pool.gpus, 'GPU')} of pool {pool.name}; set gpus "
                "of a profile, or dask.workerGpus"
            )
    yield from _shared_nodes(tenancy)
    if gpus is None or not for_workers:
        return
    worker = replace(worker_size(tenancy), gpus=max(1, gpus.default))
    if not any(empty_node(pool).count_fitting(worker) for pool in for_workers):
        yield (
            f"a Dask worker of the default size with {format_count(worker.gpus, 'GPU')} does not fit on a node of "
            f"{describe_pools(for_workers)}; reduce dask.workerCores.default or dask.workerRamGb.default"
        )
    total = sum(pool.count * pool.gpus for pool in for_workers)
    for key, limit in (("total", gpus.total), ("maxPerCluster", gpus.max_per_cluster)):
        if limit is not None and limit > total:
            yield (
                f"dask.workerGpus.{key} is {limit}, but the nodes for Dask workers have only "
                f"{format_count(total, 'GPU')}; reduce it"
            )


def _shared_nodes(tenancy: Tenancy) -> Iterator[str]:
    """Yield each pool with GPUs on whose nodes pods without GPUs could run, although there are others for them."""
    kinds = tenancy.nodes.kinds if tenancy.nodes else ()
    purposes = [purpose for purpose in PURPOSES if purpose not in DASK_PURPOSES or tenancy.dask.enabled]
    reported: set[str] = set()
    for purpose in purposes:
        own = pools_of(kinds, purpose)
        others = [pool for pool in pools_with_gpus(tenancy) if pool not in own]
        for pool, like in find_confusable(own, others):
            if pool.name not in reported:
                reported.add(pool.name)
                yield (
                    f"pods without a GPU could use the nodes of pool {pool.name}: {describe_match(like)}; "
                    f"{describe_separation(pool, like)}"
                )
