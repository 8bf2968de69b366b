"""All nodes in the stack file, in groups with equal free capacity."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from components.capacity.node import FreeCapacity, PodSize, empty_node, hub_node
from components.config.pools import Pool, pools_of


@dataclass(frozen=True)
class NodeGroup:
    """Nodes of one pool with equal free capacity."""

    pool: Pool
    free: FreeCapacity
    count: int


Nodes = tuple[NodeGroup, ...]


def nodes_with_hub(kinds: tuple[Pool, ...], folders: int = 0) -> Nodes:
    """Return all nodes, with the hub on a node of the first pool that is for it.

    Args:
        kinds: the pools.
        folders: number of shared folders that are volumes.
    """
    with_hub = next(iter(pools_of(kinds, "hub")), None)
    groups: list[NodeGroup] = []
    for pool in kinds:
        has_hub = pool is with_hub
        groups += [NodeGroup(pool, hub_node(pool, folders), 1)] if has_hub else []
        groups += [NodeGroup(pool, empty_node(pool, folders), pool.count - has_hub)]
    return tuple(groups)


def count_fitting(nodes: Nodes, size: PodSize, pools: Collection[Pool]) -> int:
    """Return how many pods of a size fit on the nodes of pools."""
    return sum(each.count * each.free.count_fitting(size) for each in nodes if each.pool in pools)


def find_limiting(nodes: Nodes, size: PodSize, pools: Collection[Pool]) -> tuple[str, ...]:
    """Return the resources that let no further pods of a size fit on nodes of pools, those of most nodes first."""
    counts: Counter[str] = Counter()
    for each in nodes:
        if each.pool in pools:
            counts.update(dict.fromkeys(each.free.find_limiting(size), each.count))
    return tuple(name for name, count in counts.most_common() if count)


def spread(nodes: Nodes, number: int, size: PodSize, pools: Collection[Pool]) -> Nodes:
    """Return the nodes after pods were spread over those of pools, as evenly as they fit.

    Kubernetes' scheduler does the same. The number must not be larger than what fits.
    """
    limits = [each.free.count_fitting(size) if each.pool in pools else 0 for each in nodes]

    def placed(level: int) -> int:
        return sum(each.count * min(limit, level) for each, limit in zip(nodes, limits, strict=True))

    lowest, highest = 0, max(limits, default=0)
    while lowest < highest:
        middle = (lowest + highest + 1) // 2
        lowest, highest = (middle, highest) if placed(middle) <= number else (lowest, middle - 1)
    further = number - placed(lowest)
    taken: dict[int, int] = {}
    # Nodes with more room get one pod more.
    for index in sorted(range(len(nodes)), key=lambda each: -limits[each]):
        taken[index] = min(further, nodes[index].count) if limits[index] > lowest else 0
        further -= taken[index]
    return tuple(
        part
        for index, each in enumerate(nodes)
        for part in _split(each, taken[index], min(limits[index], lowest), size)
        if part.count
    )


def _split(group: NodeGroup, more: int, level: int, size: PodSize) -> Iterable[NodeGroup]:
    yield NodeGroup(group.pool, group.free.without(level, size), group.count - more)
    yield NodeGroup(group.pool, group.free.without(level + 1, size), more)
