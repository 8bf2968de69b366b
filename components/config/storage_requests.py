"""Temporary storage of a tenancy's pods: the limit of each, and what is reserved for it. Pure."""

from dataclasses import dataclass

from components.config.temporary_storage import DEFAULT_REQUEST_GB
from components.config.tenancy import Tenancy


@dataclass(frozen=True)
class TemporaryStorage:
    """Temporary storage of a pod, in GB."""

    limit_gb: float
    request_gb: float


def storage_of_notebooks(tenancy: Tenancy) -> TemporaryStorage:
    """Return the temporary storage of each notebook server."""
    notebook = tenancy.notebook
    return _storage(tenancy, notebook.temporary_storage_gb, notebook.temporary_storage_request_gb)


def storage_of_schedulers(tenancy: Tenancy) -> TemporaryStorage:
    """Return the temporary storage of each Dask scheduler."""
    return _storage(tenancy, tenancy.dask.scheduler_temporary_storage_gb, tenancy.dask.temporary_storage_request_gb)


def storage_of_workers(tenancy: Tenancy) -> TemporaryStorage:
    """Return the temporary storage of each Dask worker."""
    return _storage(tenancy, tenancy.dask.worker_temporary_storage_gb, tenancy.dask.temporary_storage_request_gb)


def _storage(tenancy: Tenancy, limit_gb: float, request_gb: float | None) -> TemporaryStorage:
    if request_gb is None:
        knows_disks = any(pool.disk_gb for pool in (tenancy.nodes.kinds if tenancy.nodes else ()))
        request_gb = min(DEFAULT_REQUEST_GB, limit_gb) if knows_disks else 0
    return TemporaryStorage(limit_gb, request_gb)
