"""Warnings about notebooks and Dask's pods that do not fit on the nodes."""

from collections.abc import Iterator, Sequence

from components.capacity.dask import compute_dask_capacity
from components.capacity.fit import find_misfit, find_misfits
from components.capacity.node import PodSize, empty_node
from components.config.pools import Pool, Purpose, describe_pools, pools_of
from components.config.server_sizes import ServerSize, server_sizes
from components.config.tenancy import Tenancy
from components.config.types import format_count


def notebook_warnings(tenancy: Tenancy, usual: ServerSize, notebooks: int, needed: int | None) -> Iterator[str]:
    """Yield each size that fits on no node, placeholders for no servers, and whether the expected users do not fit.

    Args:
        tenancy: the tenancy.
        usual: the size of the notebooks that are counted.
        notebooks: number of notebooks of this size that fit.
        needed: number of nodes for the notebooks of the expected users, if that is known.
    """
    nodes = tenancy.nodes
    if nodes is None:
        return
    if not usual.label and (misfit := find_misfit(usual)):
        yield f"a notebook {misfit.message}"
    misfits = list(find_misfits(tenancy))
    for each in misfits:
        # Of members of several groups only if each of the sizes would fit.
        is_new = not each.size.is_combined or all(other.size.is_combined for other in misfits)
        if each.size.label and is_new and _is_other(each.size, usual):
            yield f"{each.size.subject} {each.message}"
    for pool in nodes.pools:
        if pool.placeholders and not any(size.runs_on(pool) for size in server_sizes(tenancy)):
            yield f"no profile's servers run on pool {pool.name}, so its placeholders are needless; remove them"
    users = nodes.expected_users
    if users is None:
        return
    if needed is not None and needed > (nodes.count or 0):
        yield (
            f"{format_count(users, 'expected user')} need {format_count(needed, 'node')}, but there "
            f"{'is' if nodes.count == 1 else 'are'} {nodes.count}, on which {format_count(notebooks, 'notebook')} fit"
        )
    elif nodes.pools and users > notebooks:
        where = describe_pools(usual.pools)
        yield (
            f"there are {format_count(users, 'expected user')}, but only {format_count(notebooks, 'notebook')} "
            f"of the preselected size fit on {where}; add nodes, or reduce the size"
        )


def dask_warnings(tenancy: Tenancy) -> Iterator[str]:
    """Yield each of Dask's pods that fits on no node, and whether a user's limit exceeds all nodes."""
    available = compute_dask_capacity(tenancy)
    if not tenancy.dask.enabled or available is None or tenancy.nodes is None:
        return
    dask, kinds = tenancy.dask, tenancy.nodes.kinds
    largest = ("the largest Dask worker", dask.worker_cores.max, dask.worker_ram_gb.max)
    scheduler = ("a Dask scheduler", dask.scheduler_cores, dask.scheduler_ram_gb)
    purposes: Sequence[Purpose] = ("daskWorkers", "daskSchedulers")
    for purpose, (subject, cores, ram_gb), keys in (
        (purposes[0], largest, "dask.workerCores.max or dask.workerRamGb.max"),
        (purposes[1], scheduler, "dask.schedulerCores or dask.schedulerRamGb"),
    ):
        pools = pools_of(kinds, purpose)
        size = PodSize(dask.requested_cpus(cores), ram_gb)
        if pools and not any(empty_node(pool).count_fitting(size) for pool in pools):
            yield (
                f"{subject}, with {cores:g} cores and {ram_gb:g} GB, does not fit on a node with "
                f"{_describe_nodes(pools)} and would never start; reduce {keys}"
            )
    limit = dask.clusters_per_user * dask.max_cores, dask.clusters_per_user * dask.max_ram_gb
    if limit[0] > available[0] or limit[1] > available[1]:
        yield (
            f"the {format_count(dask.clusters_per_user, 'Dask cluster')} of one user may have {limit[0]:g} cores and "
            f"{limit[1]:g} GB, but the nodes have only {available[0]:.1f} cores and {available[1]:.1f} GB for all "
            "users; reduce dask.maxCores, dask.maxRamGb or dask.clustersPerUser"
        )


def _is_other(size: ServerSize, usual: ServerSize) -> bool:
    """Return whether a size has not been compared as the usual one."""
    return bool(usual.label) or (size.cpus, size.ram_gb) != (usual.cpus, usual.ram_gb)


def _describe_nodes(pools: Sequence[Pool]) -> str:
    return " or ".join(f"{pool.cpus:g} CPUs and {pool.ram_gb:g} GB" for pool in pools)
