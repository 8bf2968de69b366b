"""Notebook servers that fit on no node: they would never start."""

from collections.abc import Iterator
from dataclasses import dataclass

from components.capacity.node import EVICTION_RAM_GB, PodSize, empty_node
from components.config.pools import Pool, describe_pools
from components.config.problems import InvalidTenancy, Problem, format_key
from components.config.server_sizes import ServerSize, server_sizes
from components.config.tenancy import Tenancy
from components.config.types import format_count


@dataclass(frozen=True)
class Misfit:
    """A size of notebook servers for which none of its nodes has room, even without other pods."""

    size: ServerSize
    message: str
    """The end of a sentence that begins with the size's name."""
    is_certain: bool
    """Whether it needs more than a whole node, so that it is no matter of what the system keeps for itself."""


def check_fit(tenancy: Tenancy, source: str) -> None:
    """Refuse servers that fit on no node of their pools.

    On equal nodes, only those that need more than a whole node: what pods can use of it is an estimate, with which
    tenancies may be deployed whose servers start. A size that only a member of several groups has is a warning.

    Raises:
        InvalidTenancy: there are such servers.
    """
    strict = bool(tenancy.nodes and tenancy.nodes.pools)
    found = [each for each in find_misfits(tenancy) if (strict or each.is_certain) and not each.size.is_combined]
    if found:
        raise InvalidTenancy(source, [_problem(each, tenancy) for each in found])


def find_misfits(tenancy: Tenancy) -> Iterator[Misfit]:
    """Yield each size that users can have and that fits on no node."""
    for size in server_sizes(tenancy):
        if size.pools and (misfit := find_misfit(size)):
            yield misfit


def find_misfit(size: ServerSize) -> Misfit | None:
    """Return why a size fits on none of its nodes; None if it fits."""
    # Temporary storage and volumes have warnings of their own.
    pod = PodSize(size.cpus, size.ram_gb, size.gpus)
    if any(empty_node(pool).count_fitting(pod) for pool in size.pools):
        return None
    largest = max(size.pools, key=lambda pool: (pool.gpus >= size.gpus, pool.ram_gb, pool.cpus))
    node = empty_node(largest)
    nodes = f"a node of {describe_pools(size.pools)}" if largest.name else "a node"
    of = f"the {largest.cpus:g} CPUs and {largest.ram_gb:g} GB"
    of = f"{of} of pool {largest.name}" if len(size.pools) > 1 else of.replace("the ", "its ", 1)
    gpus = f", and {largest.gpus} GPUs" if size.gpus else ""
    message = (
        f"with {_describe(size)} does not fit on {nodes}: of {of}, pods can use {node.cpus:.2f} CPUs and "
        f"{node.ram_gb:.1f} GB{gpus}; reduce the size or use larger nodes"
    )
    return Misfit(size, message, all(_is_larger(size, pool) for pool in size.pools))


def _describe(size: ServerSize) -> str:
    if not size.gpus:
        return f"{size.cpus:g} CPUs and {size.ram_gb:g} GB"
    return f"{size.cpus:g} CPUs, {size.ram_gb:g} GB and {format_count(size.gpus, 'GPU')}"


def _is_larger(size: ServerSize, pool: Pool) -> bool:
    return size.cpus > pool.cpus or size.ram_gb > pool.ram_gb - EVICTION_RAM_GB or size.gpus > pool.gpus


def _problem(misfit: Misfit, tenancy: Tenancy) -> Problem:
    size = misfit.size
    if size.place:
        return Problem(format_key(size.place), size.label, misfit.message)
    by_memory = all(size.cpus <= empty_node(pool).cpus for pool in size.pools)
    key, value = ("notebookRamGb", tenancy.notebook_ram_gb) if by_memory else ("notebookCpus", tenancy.notebook_cpus)
    return Problem(format_key((key,)), f"{value:g}", f"as a notebook {misfit.message}")
