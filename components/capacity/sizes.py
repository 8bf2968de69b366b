"""The capacity for each size of servers, if users or groups have sizes of their own."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from components.capacity.limit_warnings import count_folder_volumes
from components.capacity.node import empty_node
from components.capacity.nodes import Nodes, count_fitting
from components.capacity.pools import pod_size
from components.config.server_sizes import ServerSize, server_sizes
from components.config.tenancy import Tenancy


@dataclass(frozen=True)
class SizeCapacity:
    """How many notebooks fit if all of them have one size: who starts a server at the same time is not known."""

    label: str
    """The profile, size, user or group; empty for the tenancy's own size."""
    cpus: float
    ram_gb: float
    gpus: int
    notebooks: int
    nodes_needed: int | None
    """Number of equal nodes for the expected users; None without expected users, if none fits, or if nodes differ."""

    def as_output(self) -> dict[str, Any]:
        """Return the entry of the stack's output ``capacity``."""
        return {
            "size": self.label,
            "cpus": self.cpus,
            "ramGb": self.ram_gb,
            "gpus": self.gpus,
            "notebooks": self.notebooks,
            "workersNeeded": self.nodes_needed,
        }


def size_capacities(tenancy: Tenancy, nodes: Nodes) -> tuple[SizeCapacity, ...]:
    """Return the capacity for each size, the smallest number of notebooks last; empty if all users have the same."""
    sizes = server_sizes(tenancy)
    if not any(size.owner for size in sizes):
        return ()
    found = [
        SizeCapacity(
            size.label,
            size.cpus,
            size.ram_gb,
            size.gpus,
            count_fitting(nodes, pod_size(size), size.pools),
            count_needed(tenancy, nodes, size),
        )
        for size in sizes
    ]
    return tuple(sorted(found, key=lambda each: -each.notebooks))


def count_needed(tenancy: Tenancy, nodes: Nodes, size: ServerSize) -> int | None:
    """Return how many equal nodes the expected users need, one of them with the hub; None if that is not known."""
    users = tenancy.nodes.expected_users if tenancy.nodes else None
    if users is None or tenancy.nodes is None or tenancy.nodes.pools:
        return None
    per_node = empty_node(tenancy.nodes.kinds[0], count_folder_volumes(tenancy)).count_fitting(pod_size(size))
    if not per_node:
        return None
    on_hub_node = nodes[0].free.count_fitting(pod_size(size))
    return 1 + max(0, math.ceil((users - on_hub_node) / per_node))


def describe_range(sizes: Sequence[SizeCapacity]) -> str:
    """Return the numbers of notebooks that fit if all have the largest or the smallest size, such as ``3–20``."""
    numbers = [each.notebooks for each in sizes]
    return "–".join(str(each) for each in sorted({min(numbers), max(numbers)}))
