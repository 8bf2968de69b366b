"""The capacity of one node for pods."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from components.config.pools import Pool

PODS_PER_NODE = 110
"""Kubelet's default ``maxPods``."""

SYSTEM_PODS_PER_NODE = 10
"""Allowance for the pods of network, DNS, storage driver, proxy and monitoring."""

EVICTION_RAM_GB = 100 / 1024
"""Kubelet's default hard eviction threshold, ``memory.available<100Mi``."""

EVICTION_DISK_SHARE = 0.1
"""Kubelet's default hard eviction threshold, ``nodefs.available<10%``."""

TEMPORARY_STORAGE, VOLUMES = "temporary storage", "volumes"
"""Names of resources that the stack file need not describe."""

HUB_CPUS, HUB_RAM_GB = 0.5, 1.0
"""Allowance for hub, proxy and gateway, which request less, on one of the nodes."""

_RESERVED_RAM = ((4, 0.25), (4, 0.20), (8, 0.10), (112, 0.06), (math.inf, 0.02))
_RESERVED_CPUS = ((1, 0.06), (1, 0.01), (2, 0.005), (math.inf, 0.0025))
"""Steps of a node's size, each with the share of it that is reserved."""


@dataclass(frozen=True)
class PodSize:
    """The resources that a pod requests."""

    cpus: float
    ram_gb: float
    gpus: int = 0
    storage_gb: float = 0.0
    """Temporary storage."""
    volumes: int = 0


@dataclass(frozen=True)
class FreeCapacity:
    """Free capacity of one node; None for a resource that the stack file does not describe."""

    cpus: float
    ram_gb: float
    pods: int
    gpus: int = 0
    storage_gb: float | None = None
    volumes: int | None = None

    def count_fitting(self, size: PodSize) -> int:
        """Return how many pods of this size fit."""
        return min(self._count_by_resource(size).values())

    def find_limiting(self, size: PodSize) -> tuple[str, ...]:
        """Return the resources that let no further pod of this size fit."""
        counts = self._count_by_resource(size)
        return tuple(name for name, count in counts.items() if count == min(counts.values()))

    def _count_by_resource(self, size: PodSize) -> Mapping[str, int]:
        amounts: Mapping[str, tuple[float | None, float]] = {
            "CPUs": (self.cpus, size.cpus),
            "memory": (self.ram_gb, size.ram_gb),
            "GPUs": (self.gpus, size.gpus),
            TEMPORARY_STORAGE: (self.storage_gb, size.storage_gb),
            VOLUMES: (self.volumes, size.volumes),
            "pods": (self.pods, 1),
        }
        return {name: count_times(free, each) for name, (free, each) in amounts.items() if free is not None and each}

    def without(self, count: int, size: PodSize) -> "FreeCapacity":
        """Return the capacity that pods of this size leave."""
        return FreeCapacity(
            self.cpus - count * size.cpus,
            self.ram_gb - count * size.ram_gb,
            self.pods - count,
            self.gpus - count * size.gpus,
            None if self.storage_gb is None else self.storage_gb - count * size.storage_gb,
            None if self.volumes is None else self.volumes - count * size.volumes,
        )


HUB = PodSize(HUB_CPUS, HUB_RAM_GB, volumes=1)
"""The share of hub, proxy and gateway, with the volume of the hub's database."""


def empty_node(pool: Pool, folders: int = 0) -> FreeCapacity:
    """Return the capacity of a pool's node without pods.

    Args:
        pool: the pool.
        folders: number of shared folders that are volumes. A node attaches each once, for all of its pods.
    """
    return FreeCapacity(
        allocatable_cpus(pool.cpus),
        allocatable_ram_gb(pool.ram_gb),
        PODS_PER_NODE - SYSTEM_PODS_PER_NODE,
        pool.gpus,
        None if pool.disk_gb is None else allocatable_disk_gb(pool.disk_gb),
        None if pool.max_volumes is None else max(0, pool.max_volumes - folders),
    )


def hub_node(pool: Pool, folders: int = 0) -> FreeCapacity:
    """Return the capacity of a pool's node with the hub on it. Its pods are among those of the system."""
    empty = empty_node(pool, folders)
    return replace(empty.without(1, HUB), pods=empty.pods)


def allocatable_disk_gb(disk_gb: float) -> float:
    """Return the part of a node's disk that pods can use.

    The rest is kubelet's default hard eviction threshold, ``nodefs.available<10%``, below which it evicts pods. Images
    are on the same disk, but the kubelet does not subtract them.
    """
    return disk_gb * (1 - EVICTION_DISK_SHARE)


def allocatable_cpus(cpus: float) -> float:
    """Return the CPUs of a node that pods can use.

    Reserved are 6 % of the first core, 1 % of the second, 0.5 % of the next two and 0.25 % of the others, as in GKE
    (https://cloud.google.com/kubernetes-engine/docs/concepts/plan-node-sizes). Kubernetes itself has no such rule.
    """
    return cpus - _reserve(cpus, _RESERVED_CPUS)


def allocatable_ram_gb(ram_gb: float) -> float:
    """Return the memory of a node that pods can use, in GB.

    Reserved are 25 % of the first 4 GB, 20 % of the next 4, 10 % of the next 8, 6 % of the next 112 and 2 % of the
    rest, as in GKE, and the eviction threshold.
    """
    return max(0.0, ram_gb - _reserve(ram_gb, _RESERVED_RAM) - EVICTION_RAM_GB)


def _reserve(total: float, steps: tuple[tuple[float, float], ...]) -> float:
    reserved = 0.0
    for width, share in steps:
        step = min(total, width)
        reserved += step * share
        total -= step
    return reserved


def count_times(available: float, size: float) -> int:
    """Return how often a size fits. The last bit of a float must not cost a pod that fits exactly."""
    return max(0, math.floor(available / size + 1e-9))
