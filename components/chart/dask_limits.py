"""Limits of Dask: of one cluster, of one user and of all users together."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from components.capacity.dask import compute_dask_capacity
from components.config.gpus import resource_of_workers, total_of_workers
from components.config.tenancy import Tenancy
from components.config.types import format_number

FIXED_NODES_SECONDS, MORE_NODES_SECONDS = 30, 300
"""Time in which a scheduler must get a node: on the nodes in the stack file, and where an autoscaler may add nodes."""


def has_fixed_nodes(tenancy: Tenancy) -> bool:
    """Return whether the stack file says that no autoscaler adds nodes."""
    return tenancy.nodes is not None and tenancy.nodes.are_fixed


def scheduling_seconds(tenancy: Tenancy) -> int:
    """Return the time in which a scheduler must get a node."""
    return FIXED_NODES_SECONDS if has_fixed_nodes(tenancy) else MORE_NODES_SECONDS


def quota_name(tenancy: Tenancy) -> str:
    """Return the name of the ResourceQuota of all Dask clusters; ``chart/templates/dask-priority.yaml`` declares it."""
    return f"{tenancy.release}-dask"


def cluster_limits(tenancy: Tenancy) -> str:
    """Return the code that limits the size of a cluster and the time that it may be idle."""
    dask = tenancy.dask
    return "\n".join(
        [
            f"c.ClusterConfig.cluster_max_workers = {dask.max_workers}",
            f"c.ClusterConfig.cluster_max_cores = {dask.max_cores}",
            f'c.ClusterConfig.cluster_max_memory = "{format_number(dask.max_ram_gb)} G"',
            f"c.ClusterConfig.idle_timeout = {dask.idle_seconds}",
        ]
    )


def dask_memory(ram_gb: float) -> str:
    """Return a memory size for dask-gateway, whose unit G is 1024³ bytes."""
    return f"{format_number(ram_gb)} G"


def format_cpus(cpus: float) -> str:
    """Return a number of CPUs as a Kubernetes quantity."""
    return f"{math.ceil(cpus * 1000 - 1e-6)}m"


@dataclass(frozen=True)
class QuotaLimits:
    """Resources that all Dask clusters of a tenancy may request together; None for no limit."""

    cores: float | None
    ram_gb: float | None
    gpus: Mapping[str, int] = field(default_factory=dict)
    """GPUs by the name of their resource; a missing one has no limit."""

    def as_quota(self) -> dict[str, str]:
        """Return the ``hard`` limits of a ResourceQuota as Kubernetes quantities."""
        hard = {}
        if self.cores is not None:
            hard["requests.cpu"] = f"{int(self.cores * 1000)}m"
        if self.ram_gb is not None:
            hard["requests.memory"] = f"{int(self.ram_gb * 1024)}Mi"
        return hard | {f"requests.{resource}": str(count) for resource, count in self.gpus.items()}


def quota_limits(tenancy: Tenancy) -> QuotaLimits:
    """Return the tenancy's limits; by default the capacity of its nodes, so that no autoscaler adds nodes for Dask."""
    dask = tenancy.dask
    gpus = total_of_workers(tenancy)
    node_cores, node_ram_gb = compute_dask_capacity(tenancy) or (None, None)
    return QuotaLimits(
        cores=node_cores if dask.total_cores is None else dask.total_cores,
        ram_gb=node_ram_gb if dask.total_ram_gb is None else dask.total_ram_gb,
        gpus={} if gpus is None else {resource_of_workers(tenancy): gpus},
    )
