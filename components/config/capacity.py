"""The number of notebooks and Dask workers that fit on the nodes in the stack file. Pure arithmetic; reads no cluster.

A notebook's limit is also its guarantee, so a node holds as many notebooks as its allocatable CPUs and memory allow.
Dask workers share the nodes and have a lower priority than notebooks: they get the capacity that notebooks leave.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from components.config.pools import Pool
from components.config.tenancy import Tenancy

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
class Capacity:
    """The number of notebooks and Dask workers that fit."""

    notebooks: int
    notebooks_per_node: int
    nodes: int
    expected_users: int | None
    nodes_needed: int | None
    """Number of nodes for the notebooks of ``expected_users``; None without expected users, or if no notebook fits."""

    dask_workers: int | None
    """Dask workers of the default size that fit beside the notebooks of the expected users, in one cluster per user;
    None if Dask is disabled."""

    warnings: tuple[str, ...]
    """Sentences for the operator."""

    def as_output(self) -> dict[str, int | None]:
        """Return the value of the stack's output ``capacity``."""
        return {
            "notebooks": self.notebooks,
            "notebooksPerWorker": self.notebooks_per_node,
            "workers": self.nodes,
            "expectedUsers": self.expected_users,
            "workersNeeded": self.nodes_needed,
            "daskWorkers": self.dask_workers,
        }

    def __str__(self) -> str:
        text = f"capacity of {_count(self.nodes, 'node')}: {_count(self.notebooks, 'notebook')}"
        if self.dask_workers is None:
            return text
        notebooks = min(self.expected_users or 0, self.notebooks)
        beside = f"{_count(notebooks, 'notebook')} and " if notebooks else ""
        return f"{text}, or {beside}{_count(self.dask_workers, 'Dask worker')}"


def compute_capacity(tenancy: Tenancy) -> Capacity | None:
    """Compute what fits on the tenancy's nodes; None if the stack file does not describe them."""
    nodes, users = _equal_nodes(tenancy), _expected_users(tenancy)
    if nodes is None:
        return None
    size = tenancy.notebook_cpus, tenancy.notebook_ram_gb
    per_node = _empty_node(nodes).count_fitting(*size)
    on_hub_node = _hub_node(nodes).count_fitting(*size)
    notebooks = on_hub_node + (nodes.count - 1) * per_node
    needed = None
    if users is not None and per_node:
        needed = 1 + max(0, math.ceil((users - on_hub_node) / per_node))
    return Capacity(
        notebooks=notebooks,
        notebooks_per_node=per_node,
        nodes=nodes.count,
        expected_users=users,
        nodes_needed=needed,
        dask_workers=_count_dask_workers(tenancy, nodes, notebooks) if tenancy.dask.enabled else None,
        warnings=(*_notebook_warnings(tenancy, nodes, notebooks, needed), *_dask_warnings(tenancy, nodes)),
    )


def _equal_nodes(tenancy: Tenancy) -> Pool | None:
    """Return the nodes if the stack file describes them without pools."""
    nodes = tenancy.nodes
    return nodes.kinds[0] if nodes and not nodes.pools else None


def _expected_users(tenancy: Tenancy) -> int | None:
    return tenancy.nodes.expected_users if tenancy.nodes else None


def compute_dask_capacity(tenancy: Tenancy) -> tuple[float, float] | None:
    """Compute the cores and gigabytes of all nodes for pods other than the hub's; None without described nodes."""
    nodes = _equal_nodes(tenancy)
    if nodes is None:
        return None
    cpus = nodes.count * allocatable_cpus(nodes.cpus) - HUB_CPUS
    ram_gb = nodes.count * allocatable_ram_gb(nodes.ram_gb) - HUB_RAM_GB
    return max(0.0, cpus), max(0.0, ram_gb)


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


def _times(available: float, size: float) -> int:
    # The last bit of a float must not cost a notebook that fits exactly.
    return max(0, math.floor(available / size + 1e-9))


@dataclass(frozen=True)
class _FreeCapacity:
    """Free capacity of one node."""

    cpus: float
    ram_gb: float
    pods: int

    def count_fitting(self, cpus: float, ram_gb: float) -> int:
        """Return how many pods of this size fit."""
        return min(_times(self.cpus, cpus), _times(self.ram_gb, ram_gb), self.pods)

    def without(self, count: int, cpus: float, ram_gb: float) -> "_FreeCapacity":
        """Return the capacity that pods of this size leave."""
        return _FreeCapacity(self.cpus - count * cpus, self.ram_gb - count * ram_gb, self.pods - count)


def _empty_node(nodes: Pool) -> _FreeCapacity:
    return _FreeCapacity(
        allocatable_cpus(nodes.cpus), allocatable_ram_gb(nodes.ram_gb), PODS_PER_NODE - SYSTEM_PODS_PER_NODE
    )


def _hub_node(nodes: Pool) -> _FreeCapacity:
    empty = _empty_node(nodes)
    return _FreeCapacity(empty.cpus - HUB_CPUS, empty.ram_gb - HUB_RAM_GB, empty.pods)


def _notebook_warnings(tenancy: Tenancy, nodes: Pool, notebooks: int, needed: int | None) -> Iterator[str]:
    sizes = [("a notebook", tenancy.notebook_cpus, tenancy.notebook_ram_gb)]
    for profile in tenancy.notebook.profiles:
        if profile.cpus is not None or profile.ram_gb is not None:
            cpus, ram_gb = profile.cpus or tenancy.notebook_cpus, profile.ram_gb or tenancy.notebook_ram_gb
            sizes.append((f"the profile {profile.name!r}", cpus, ram_gb))
    node = _empty_node(nodes)
    for subject, cpus, ram_gb in sizes:
        if not node.count_fitting(cpus, ram_gb):
            yield (
                f"{subject} with {cpus:g} CPUs and {ram_gb:g} GB does not fit on a node: of its {nodes.cpus:g} "
                f"CPUs and {nodes.ram_gb:g} GB, pods can use {node.cpus:.2f} CPUs and {node.ram_gb:.1f} GB; "
                "reduce the size or use larger nodes"
            )
    users = _expected_users(tenancy)
    if users is not None and needed is not None and needed > nodes.count:
        yield (
            f"{_count(users, 'expected user')} need {_count(needed, 'node')}, but there "
            f"{'is' if nodes.count == 1 else 'are'} {nodes.count}, on which {_count(notebooks, 'notebook')} fit"
        )


def _count_dask_workers(tenancy: Tenancy, nodes: Pool, notebooks: int) -> int:
    """Return the Dask workers that fit beside the hub, the expected users' notebooks and one scheduler."""
    dask = tenancy.dask
    cores, ram_gb = dask.worker_cores.default, dask.worker_ram_gb.default
    user_limit = dask.clusters_per_user * min(
        _times(dask.max_cores - dask.scheduler_cores, cores),
        _times(dask.max_ram_gb - dask.scheduler_ram_gb, ram_gb),
        dask.max_workers,
    )
    scheduler = dask.requested_cpus(dask.scheduler_cores), dask.scheduler_ram_gb
    worker = dask.requested_cpus(cores), ram_gb
    users = _expected_users(tenancy) or 0
    free = _capacity_beside_notebooks(tenancy, nodes, min(users, notebooks))
    node = next((node for node, count in free if count and node.count_fitting(*scheduler)), None)
    if node is None:
        return 0
    lost = node.count_fitting(*worker) - node.without(1, *scheduler).count_fitting(*worker)
    fitting = sum(count * each.count_fitting(*worker) for each, count in free) - lost
    return min(fitting, user_limit * max(1, users))


def _capacity_beside_notebooks(tenancy: Tenancy, nodes: Pool, notebooks: int) -> tuple[tuple[_FreeCapacity, int], ...]:
    """Return the free capacity beside the hub and notebooks, each with the number of nodes that have it.

    Notebooks are spread evenly, as by Kubernetes' scheduler, except that the hub's node gets no more than it can hold.
    """
    size = tenancy.notebook_cpus, tenancy.notebook_ram_gb
    empty, hub_node = _empty_node(nodes), _hub_node(nodes)
    on_hub_node = min(notebooks // nodes.count, hub_node.count_fitting(*size))
    others = nodes.count - 1
    each, remainder = divmod(notebooks - on_hub_node, others) if others else (0, 0)
    return (
        (hub_node.without(on_hub_node, *size), 1),
        (empty.without(each, *size), others - remainder),
        (empty.without(each + 1, *size), remainder),
    )


def _dask_warnings(tenancy: Tenancy, nodes: Pool) -> Iterator[str]:
    available = compute_dask_capacity(tenancy)
    if not tenancy.dask.enabled or available is None:
        return
    dask = tenancy.dask
    largest = ("the largest Dask worker", dask.worker_cores.max, dask.worker_ram_gb.max)
    scheduler = ("a Dask scheduler", dask.scheduler_cores, dask.scheduler_ram_gb)
    for (subject, cores, ram_gb), keys in (
        (largest, "dask.workerCores.max or dask.workerRamGb.max"),
        (scheduler, "dask.schedulerCores or dask.schedulerRamGb"),
    ):
        if not _empty_node(nodes).count_fitting(dask.requested_cpus(cores), ram_gb):
            yield (
                f"{subject}, with {cores:g} cores and {ram_gb:g} GB, does not fit on a node with {nodes.cpus:g} CPUs "
                f"and {nodes.ram_gb:g} GB and would never start; reduce {keys}"
            )
    limit = dask.clusters_per_user * dask.max_cores, dask.clusters_per_user * dask.max_ram_gb
    if limit[0] > available[0] or limit[1] > available[1]:
        yield (
            f"the {_count(dask.clusters_per_user, 'Dask cluster')} of one user may have {limit[0]:g} cores and "
            f"{limit[1]:g} GB, but the nodes have only {available[0]:.1f} cores and {available[1]:.1f} GB for all "
            "users; reduce dask.maxCores, dask.maxRamGb or dask.clustersPerUser"
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
