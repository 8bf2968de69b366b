"""The capacity of one node for pods."""

import math
from dataclasses import dataclass

from components.config.pools import Pool

PODS_PER_NODE = 110
"""Kubelet's default ``maxPods``."""

SYSTEM_PODS_PER_NODE = 10
"""Allowance for the pods of network, DNS, storage driver, proxy and monitoring."""

EVICTION_RAM_GB = 100 / 1024
"""Kubelet's default hard eviction threshold, ``memory.available<100Mi``."""

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


@dataclass(frozen=True)
class FreeCapacity:
    """Free capacity of one node."""

    cpus: float
    ram_gb: float
    pods: int
    gpus: int = 0

    def count_fitting(self, size: PodSize) -> int:
        """Return how many pods of this size fit."""
        by_gpus = self.gpus // size.gpus if size.gpus else self.pods
        return min(count_times(self.cpus, size.cpus), count_times(self.ram_gb, size.ram_gb), self.pods, by_gpus)

    def without(self, count: int, size: PodSize) -> "FreeCapacity":
        """Return the capacity that pods of this size leave."""
        return FreeCapacity(
            self.cpus - count * size.cpus,
            self.ram_gb - count * size.ram_gb,
            self.pods - count,
            self.gpus - count * size.gpus,
        )


def empty_node(pool: Pool) -> FreeCapacity:
    """Return the capacity of a pool's node without pods."""
    pods = PODS_PER_NODE - SYSTEM_PODS_PER_NODE
    return FreeCapacity(allocatable_cpus(pool.cpus), allocatable_ram_gb(pool.ram_gb), pods, pool.gpus)


def hub_node(pool: Pool) -> FreeCapacity:
    """Return the capacity of a pool's node with the hub on it."""
    empty = empty_node(pool)
    return FreeCapacity(empty.cpus - HUB_CPUS, empty.ram_gb - HUB_RAM_GB, empty.pods, empty.gpus)


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
