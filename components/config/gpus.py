"""GPUs of a tenancy: the name of their resource in Kubernetes, and their number. Pure."""

from components.config.placement import pools_of_notebooks
from components.config.pools import GPU_RESOURCE, Pool, pools_of
from components.config.tenancy import Tenancy


def pools_with_gpus(tenancy: Tenancy) -> tuple[Pool, ...]:
    """Return the pools whose nodes have GPUs."""
    return tuple(pool for pool in (tenancy.nodes.kinds if tenancy.nodes else ()) if pool.gpus)


def has_gpus(tenancy: Tenancy) -> bool:
    """Return whether nodes of the tenancy have GPUs: as described or, without a description, as its pods request."""
    if tenancy.nodes is not None:
        return bool(pools_with_gpus(tenancy))
    profiles = tenancy.notebook.profiles
    of_servers = (profile.gpus_of(size) for profile in profiles for size in (None, *profile.sizes))
    return tenancy.dask.worker_gpus is not None or any(of_servers)


def resource_of_notebooks(tenancy: Tenancy, pool: str | None) -> str:
    """Return the resource of the GPUs of servers whose profile names this pool, or none."""
    for each in pools_of_notebooks(pools_with_gpus(tenancy), pool, gpus=True):
        return each.gpu_resource
    return GPU_RESOURCE


def resource_of_workers(tenancy: Tenancy) -> str:
    """Return the resource of the GPUs of Dask workers, or of other pods if workers may have none.

    It is empty in a tenancy without GPUs.
    """
    known = pools_with_gpus(tenancy)
    for pool in (*pools_of(known, "daskWorkers", gpus=True), *known):
        return pool.gpu_resource
    return GPU_RESOURCE if has_gpus(tenancy) else ""


def total_of_workers(tenancy: Tenancy) -> int | None:
    """Return the limit of the GPUs of all Dask clusters together; None for no limit."""
    gpus, known = tenancy.dask.worker_gpus, pools_of(pools_with_gpus(tenancy), "daskWorkers", gpus=True)
    if gpus is None or gpus.total is not None:
        return gpus.total if gpus else None
    return sum(pool.count * pool.gpus for pool in known) or None
