"""The capacity of all nodes together."""

from dataclasses import dataclass
from typing import Any

from components.capacity.dask import count_workers
from components.capacity.gpu_warnings import gpu_warnings
from components.capacity.limit_warnings import count_folder_volumes, limit_warnings
from components.capacity.node import TEMPORARY_STORAGE, VOLUMES, PodSize, empty_node
from components.capacity.nodes import Nodes, count_fitting, find_limiting, nodes_with_hub, spread
from components.capacity.pools import PoolCapacity, pod_size, pool_capacities
from components.capacity.server_warnings import server_warnings
from components.capacity.sizes import SizeCapacity, count_needed, describe_range, size_capacities
from components.capacity.warnings import dask_warnings, notebook_warnings
from components.config.server_sizes import ServerSize, default_size, server_sizes
from components.config.storage_requests import storage_of_notebooks
from components.config.tenancy import Tenancy
from components.config.types import format_count


@dataclass(frozen=True)
class Capacity:
    """The number of notebooks and Dask workers that fit."""

    notebook: PodSize
    """Size of the notebooks that are counted."""
    notebooks: int
    notebooks_per_node: int | None
    """None if the nodes differ."""
    nodes: int
    expected_users: int | None
    nodes_needed: int | None
    """Number of nodes for the notebooks of ``expected_users``; None without expected users, if no notebook fits, or if
    the nodes differ."""

    limited_by: tuple[str, ...]
    """The resources that let no further notebooks fit."""

    dask_workers: int | None
    """Dask workers of the default size that fit beside the notebooks of the expected users, in one cluster per user;
    None if Dask is disabled."""

    pools: tuple[PoolCapacity, ...]
    """The capacity of each pool; empty if the nodes are equal."""

    sizes: tuple[SizeCapacity, ...]
    """The capacity for each size; empty if users and groups have no sizes of their own."""

    warnings: tuple[str, ...]
    """Sentences for the operator."""

    def as_output(self) -> dict[str, Any]:
        """Return the value of the stack's output ``capacity``."""
        return {
            "notebooks": self.notebooks,
            "limitedBy": list(self.limited_by),
            "notebooksPerWorker": self.notebooks_per_node,
            "workers": self.nodes,
            "expectedUsers": self.expected_users,
            "workersNeeded": self.nodes_needed,
            "daskWorkers": self.dask_workers,
            **({"pools": [each.as_output() for each in self.pools]} if self.pools else {}),
            **({"sizes": [each.as_output() for each in self.sizes]} if self.sizes else {}),
        }

    def __str__(self) -> str:
        pools = f" in {format_count(len(self.pools), 'pool')}" if self.pools else ""
        text = f"capacity of {format_count(self.nodes, 'node')}{pools}: {format_count(self.notebooks, 'notebook')}"
        if self.sizes:
            text = f"{text} of the usual size ({describe_range(self.sizes)} if all have one size)"
        if scarce := [name for name in self.limited_by if name in (TEMPORARY_STORAGE, VOLUMES)]:
            text += f" (limited by {' and '.join(scarce)})"
        if self.dask_workers is None:
            return text
        notebooks = min(self.expected_users or 0, self.notebooks)
        beside = f"{format_count(notebooks, 'notebook')} and " if notebooks else ""
        return f"{text}, or {beside}{format_count(self.dask_workers, 'Dask worker')}"


def compute_capacity(tenancy: Tenancy) -> Capacity | None:
    """Compute what fits on the tenancy's nodes; None if the stack file does not describe them.

    Notebooks without further words are those of the preselected size.
    """
    described = tenancy.nodes
    if described is None:
        return None
    kinds, users = described.kinds, described.expected_users
    folders, default = count_folder_volumes(tenancy), _usual_size(tenancy)
    nodes = nodes_with_hub(kinds, folders)
    size = pod_size(default)
    notebooks = count_fitting(nodes, size, default.pools)
    alike = None if described.pools else kinds[0]
    per_node = empty_node(alike, folders).count_fitting(size) if alike else None
    needed = count_needed(tenancy, nodes, default)
    beside = _with_placeholders(tenancy, spread(nodes, min(users or 0, notebooks), size, default.pools))
    return Capacity(
        notebook=size,
        notebooks=notebooks,
        notebooks_per_node=per_node,
        nodes=sum(pool.count for pool in kinds),
        expected_users=users,
        nodes_needed=needed,
        limited_by=find_limiting(nodes, size, default.pools),
        dask_workers=count_workers(tenancy, beside, users or 0) if tenancy.dask.enabled else None,
        pools=pool_capacities(tenancy, nodes),
        sizes=size_capacities(tenancy, nodes),
        warnings=(
            *notebook_warnings(tenancy, default, notebooks, needed),
            *dask_warnings(tenancy),
            *gpu_warnings(tenancy),
            *limit_warnings(tenancy),
            *server_warnings(tenancy, notebooks, per_node),
        ),
    )


def _usual_size(tenancy: Tenancy) -> ServerSize:
    """Return the size that notebooks have: the preselected one, or on equal nodes the tenancy's own."""
    kinds = tenancy.nodes.kinds if tenancy.nodes else ()
    if tenancy.nodes is None or not tenancy.nodes.pools:
        cpus, ram_gb = tenancy.notebook_cpus, tenancy.notebook_ram_gb
        storage_gb = storage_of_notebooks(tenancy).request_gb
        return ServerSize("", (), cpus, ram_gb, 0, kinds, is_default=True, storage_gb=storage_gb)
    return next(size for size in server_sizes(tenancy) if size.is_default)


def _with_placeholders(tenancy: Tenancy, nodes: Nodes) -> Nodes:
    """Return the nodes after placeholders were added, as many as fit: Dask's pods do not replace them."""
    for pool in tenancy.nodes.pools if tenancy.nodes else ():
        if pool.placeholders:
            size = pod_size(default_size(tenancy, pool))
            fitting = min(pool.placeholders, count_fitting(nodes, size, [pool]))
            nodes = spread(nodes, fitting, size, [pool])
    return nodes
