"""GPUs of a tenancy: the name of their resource in Kubernetes, and their number. Pure."""

from components.config.pools import GPU_RESOURCE, Pool, pools_of
from components.config.tenancy import Tenancy


def pools_with_gpus(tenancy: Tenancy) -> tuple[Pool, ...]:
    """Return the pools whose nodes have GPUs."""
    return tuple(pool for pool in (tenancy.nodes.kinds if tenancy.nodes else ()) if pool.gpus)


def resource_of_workers(tenancy: Tenancy) -> str:
    """Return the resource of the GPUs of Dask workers, or of other pods if workers may have none.

    It is empty if no pod of the tenancy may have GPUs.
    """
    known = pools_with_gpus(tenancy)
    for pool in (*pools_of(known, "daskWorkers", gpus=True), *known):
        return pool.gpu_resource
    return GPU_RESOURCE if tenancy.dask.worker_gpus else ""


def total_of_workers(tenancy: Tenancy) -> int | None:
    """Return the limit of the GPUs of all Dask clusters together; None for no limit."""
    gpus, known = tenancy.dask.worker_gpus, pools_of(pools_with_gpus(tenancy), "daskWorkers", gpus=True)
    if gpus is None or gpus.total is not None:
        return gpus.total if gpus else None
    return sum(pool.count * pool.gpus for pool in known) or None
