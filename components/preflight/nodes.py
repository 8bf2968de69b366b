"""Comparison of the pools in the stack file with the cluster's nodes. Pure, apart from reading the nodes."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from components.cluster.client import Api
from components.cluster.errors import CannotAsk
from components.cluster.pages import NODES, read_pages
from components.config.pools import Pool
from components.config.problems import format_key
from components.config.tenancy import Tenancy
from components.escape import escape_control_characters
from components.in_hub.quantity import size_bytes
from components.readiness.nodes import TEMPORARY_TAINTS

Node = Mapping[str, Any]


class Difference(NamedTuple):
    """A difference between a pool and the nodes."""

    message: str
    fix: str

    def __str__(self) -> str:
        return f"{self.message}; {self.fix}"


SMALLEST_SHARE_OF_RAM = 0.9
"""Share of a pool's memory that its nodes must have: firmware and kernel keep a part of a machine's memory."""

_KEEPS_AWAY = ("NoSchedule", "NoExecute")

_ROLE = "node-role.kubernetes.io/"
"""Beginning of the taints of nodes that are only for the control plane."""


def pool_warnings(api: Api, tenancy: Tenancy) -> list[str]:
    """Return warnings about pools that the cluster's nodes do not match; none if the account may not read nodes.

    ``network.clusterCidrs`` has a warning of its own about nodes that cannot be read.
    """
    pools = tenancy.nodes.pools if tenancy.nodes else ()
    if not pools:
        return []
    try:
        return [str(each) for each in compare_pools(pools, list(read_pages(api, NODES)))]
    except CannotAsk:
        return []


def compare_pools(pools: Sequence[Pool], nodes: Sequence[Node]) -> Iterator[Difference]:
    """Yield each difference between pools and nodes."""
    for number, pool in enumerate(pools):
        key = format_key(("workers", "pools", number))
        own = nodes_of_pool(pool, pools, nodes)
        for message, fix in _differences(pool, own) if own else _missing(pool):
            yield Difference(f"{key} {pool.name}: {message}", fix)


def nodes_of_pool(pool: Pool, pools: Sequence[Pool], nodes: Sequence[Node]) -> list[Node]:
    """Return the nodes of one of the pools."""
    return [node for node in nodes if _belongs(node, pool, pools)]


def _belongs(node: Node, pool: Pool, pools: Sequence[Pool]) -> bool:
    """Return whether a node is one of a pool: it has the labels, and not those of another pool with more.

    A pool without labels has no node of the control plane, unless the stack file says so.
    """
    labels = (node.get("metadata") or {}).get("labels") or {}
    roles = {key for key, _, effect in _taints(node) if key.startswith(_ROLE) and effect in _KEEPS_AWAY}
    if not pool.labels and not roles <= {taint.key for taint in pool.taints}:
        return False
    others = (each for each in pools if pool.labels.items() < each.labels.items())
    return pool.labels.items() <= labels.items() and not any(each.labels.items() <= labels.items() for each in others)


def _missing(pool: Pool) -> Iterator[Difference]:
    if not pool.labels:
        yield Difference("the cluster has no node for it", "add nodes, or remove the pool")
        return
    labels = " ".join(f"{key}={value}" for key, value in pool.labels.items())
    yield Difference(
        f"no node has the labels {labels}, so its pods wait until there is one",
        f"run kubectl label node NODE {labels}, or correct labels, unless an autoscaler adds such nodes",
    )


def _differences(pool: Pool, nodes: Sequence[Node]) -> Iterator[Difference]:
    if len(nodes) != pool.count and not (pool.placeholders and len(nodes) < pool.count):
        yield Difference(
            f"the cluster has {len(nodes)} such node{'' if len(nodes) == 1 else 's'}, not {pool.count}",
            "correct count, unless an autoscaler adds and removes nodes",
        )
    yield from _taint_differences(pool, nodes)
    for subject, resource, size, share, unit in (
        ("CPUs", "cpu", pool.cpus, 1.0, 1),
        ("GB", "memory", pool.ram_gb, SMALLEST_SHARE_OF_RAM, 1024**3),
    ):
        least = min(float(amount_of(node, "capacity", resource)) / unit for node in nodes)
        if least < size * share:
            yield Difference(f"nodes have only {least:.4g} {subject}, not {size:.4g}", "correct the size")
    gpus = [amount_of(node, "allocatable", pool.gpu_resource) for node in nodes] if pool.gpus else []
    if any(each < pool.gpus for each in gpus):
        yield Difference(
            f"nodes offer only {min(gpus):f} {pool.gpu_resource}, not {pool.gpus}",
            "correct gpus and gpuResource, or install the device plug-in of the GPUs",
        )


def _taint_differences(pool: Pool, nodes: Sequence[Node]) -> Iterator[Difference]:
    described = {(taint.key, taint.value, taint.effect) for taint in pool.taints}
    unknown: dict[str, None] = {}
    for node in nodes:
        found = set(_taints(node))
        for taint in sorted(found - described):
            if taint[2] in _KEEPS_AWAY and not taint[0].startswith(TEMPORARY_TAINTS):
                unknown[_format(taint)] = None
    if unknown:
        yield Difference(
            f"nodes have the taint {' and '.join(unknown)}, which taints does not contain, so its pods do not run "
            "there",
            "add it to taints, or remove it from the nodes",
        )
    for taint in sorted(pool.barriers):
        if without := [node for node in nodes if taint not in set(_taints(node))]:
            yield Difference(
                f"{len(without)} of {len(nodes)} nodes do not have the taint {_format(taint)}, so other pods may run "
                "there",
                f"run kubectl taint node NODE {_format(taint)}, or correct taints",
            )


def _taints(node: Node) -> Iterator[tuple[str, str, str]]:
    for taint in (node.get("spec") or {}).get("taints") or ():
        yield str(taint.get("key")), str(taint.get("value") or ""), str(taint.get("effect"))


def _format(taint: tuple[str, str, str]) -> str:
    """Return a taint as ``kubectl`` writes it."""
    key, value, effect = taint
    return escape_control_characters(f"{key}{f'={value}' if value else ''}:{effect}")


def amount_of(node: Node, part: str, resource: str) -> Decimal:
    """Return a node's amount of a resource; 0 if it has none."""
    try:
        return size_bytes(str(((node.get("status") or {}).get(part) or {}).get(resource, "0")))
    except ValueError:
        return Decimal()
