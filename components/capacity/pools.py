"""The capacity of each node pool."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from components.capacity.dask import worker_size
from components.capacity.node import PodSize, empty_node
from components.capacity.nodes import Nodes, count_fitting, find_limiting
from components.config.pools import Pool, Purpose, pools_of
from components.config.server_sizes import ServerSize, server_sizes
from components.config.tenancy import Tenancy


@dataclass(frozen=True)
class PoolCapacity:
    """What fits on the nodes of a pool if only pods of one size run there, beside the hub on a pool for it."""

    name: str
    nodes: int
    purposes: tuple[Purpose, ...]
    cpus: float
    """CPUs of a node that pods can use."""
    ram_gb: float
    """Memory of a node that pods can use."""
    gpus: int
    """GPUs of all nodes."""
    notebooks: Mapping[str, int]
    """Notebooks by the name of the profile and size; by an empty name if users have no choice."""
    limited_by: Mapping[str, tuple[str, ...]]
    """The resources that let no further notebooks fit, by the same names."""
    dask_workers: int | None
    """Dask workers of the default size without GPUs; None if they do not run here."""
    dask_gpu_workers: int | None
    """Dask workers of the default size with one GPU; None if they do not run here."""

    def as_output(self) -> dict[str, Any]:
        """Return the entry of the stack's output ``capacity``."""
        return {
            "name": self.name,
            "nodes": self.nodes,
            "purposes": list(self.purposes),
            "cpusPerNode": round(self.cpus, 2),
            "ramGbPerNode": round(self.ram_gb, 2),
            "gpus": self.gpus,
            "notebooks": [
                {"size": size, "count": count, "limitedBy": list(self.limited_by[size])}
                for size, count in self.notebooks.items()
            ],
            "daskWorkers": self.dask_workers,
            "daskGpuWorkers": self.dask_gpu_workers,
        }


def pool_capacities(tenancy: Tenancy, nodes: Nodes) -> tuple[PoolCapacity, ...]:
    """Return the capacity of each pool; empty if the stack file describes equal nodes."""
    pools = tenancy.nodes.pools if tenancy.nodes else ()
    sizes, dask = server_sizes(tenancy), tenancy.dask
    workers = pools_of(pools, "daskWorkers") if dask.enabled else ()
    gpu_workers = pools_of(pools, "daskWorkers", gpus=True) if dask.enabled and dask.worker_gpus else ()
    worker = worker_size(tenancy)
    return tuple(
        PoolCapacity(
            pool.name,
            pool.count,
            pool.purposes,
            empty_node(pool).cpus,
            empty_node(pool).ram_gb,
            pool.count * pool.gpus,
            {size.label: _count(nodes, size, pool) for size in sizes if pool in size.pools},
            {size.label: find_limiting(nodes, pod_size(size), [pool]) for size in sizes if pool in size.pools},
            count_fitting(nodes, worker, [pool]) if pool in workers else None,
            count_fitting(nodes, replace(worker, gpus=1), [pool]) if pool in gpu_workers else None,
        )
        for pool in pools
    )


def pod_size(size: ServerSize) -> PodSize:
    """Return the requests of a notebook server, and its home's volume."""
    return PodSize(size.cpus, size.ram_gb, size.gpus, size.storage_gb, volumes=1)


def _count(nodes: Nodes, size: ServerSize, pool: Pool) -> int:
    return count_fitting(nodes, pod_size(size), [pool])
