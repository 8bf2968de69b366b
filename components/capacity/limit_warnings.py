"""Warnings about temporary storage and volumes that the nodes do not have."""

from collections.abc import Iterator

from components.capacity.node import allocatable_disk_gb
from components.config.pools import Pool, Purpose, pools_of
from components.config.storage_requests import (
    TemporaryStorage,
    storage_of_notebooks,
    storage_of_schedulers,
    storage_of_workers,
)
from components.config.tenancy import Tenancy
from components.config.types import format_count


def count_folder_volumes(tenancy: Tenancy) -> int:
    """Return the number of shared folders that a node attaches as volumes; it mounts NFS exports without that."""
    return sum(folder.nfs is None for folder in tenancy.shared_folders)


def limit_warnings(tenancy: Tenancy) -> Iterator[str]:
    """Yield each kind of pod that may fill the disk of its node, and each pool that attaches no home."""
    kinds = tenancy.nodes.kinds if tenancy.nodes else ()
    uses: list[tuple[str, Purpose, str, TemporaryStorage]] = [
        ("a notebook", "notebooks", "notebook.temporaryStorageGb", storage_of_notebooks(tenancy))
    ]
    if tenancy.dask.enabled:
        scheduler, worker = storage_of_schedulers(tenancy), storage_of_workers(tenancy)
        uses += [
            ("a Dask scheduler", "daskSchedulers", "dask.schedulerTemporaryStorageGb", scheduler),
            ("a Dask worker", "daskWorkers", "dask.workerTemporaryStorageGb", worker),
        ]
    for subject, purpose, key, storage in uses:
        disks = [(pool.disk_gb, pool) for pool in kinds if purpose in pool.purposes and pool.disk_gb is not None]
        if not disks:
            continue
        disk_gb, pool = min(disks, key=lambda each: each[0])
        if storage.limit_gb > allocatable_disk_gb(disk_gb):
            yield (
                f"{subject} may write {storage.limit_gb:g} GB of temporary files, but pods can use only "
                f"{allocatable_disk_gb(disk_gb):g} GB of the disk of {_describe_node(pool)}, so one of them can fill "
                f"it; reduce {key}"
            )
    folders = count_folder_volumes(tenancy)
    with_hub = next(iter(pools_of(kinds, "hub")), None)
    for pool in kinds:
        taken = folders + (pool is with_hub and pool.count == 1)
        if "notebooks" in pool.purposes and pool.max_volumes is not None and pool.max_volumes <= taken:
            yield (
                f"{_describe_node(pool)} attaches at most {format_count(pool.max_volumes, 'volume')}, all of them for "
                "shared folders and the hub's database, so that no server can start there; correct maxVolumes, or use "
                "other nodes"
            )


def _describe_node(pool: Pool) -> str:
    return f"a node of pool {pool.name}" if pool.name else "a node"
