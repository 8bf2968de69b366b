"""Limits of Dask: of one cluster, of one user and of all users together."""

import math
from dataclasses import dataclass
from pathlib import Path

from components.config.capacity import compute_dask_capacity
from components.config.tenancy import Tenancy
from components.config.types import format_number

_BACKEND_MODULE = Path(__file__).resolve().parent.parent / "in_gateway" / "bounded_backend.py"


FIXED_NODES_SECONDS, MORE_NODES_SECONDS = 30, 300
"""Time in which a scheduler must get a node: on the nodes in the stack file, and where an autoscaler may add nodes."""


def quota_name(tenancy: Tenancy) -> str:
    """Return the name of the ResourceQuota of all Dask clusters; ``chart/templates/dask-priority.yaml`` declares it."""
    return f"{tenancy.release}-dask"


def gateway_configuration(tenancy: Tenancy) -> dict[str, str]:
    """Return ``gateway.extraConfig``: blocks of Python code, which the gateway runs in the order of their names."""
    return {
        "limits": cluster_limits(tenancy),
        "options": cluster_options(tenancy),
        "users": user_limits(tenancy),
    }


def cluster_limits(tenancy: Tenancy) -> str:
    """Return the code that limits the size of a cluster and the time that it may be idle."""
    dask = tenancy.dask
    return "\n".join(
        [
            f"c.ClusterConfig.cluster_max_workers = {dask.max_workers}",
            f"c.ClusterConfig.cluster_max_cores = {dask.max_cores}",
            f'c.ClusterConfig.cluster_max_memory = "{format_number(dask.max_ram_gb)} G"',
            f"c.ClusterConfig.idle_timeout = {dask.idle_seconds}",
        ]
    )


def cluster_options(tenancy: Tenancy) -> str:
    """Return the code that offers users the size of their workers, within the tenancy's bounds."""
    cores, ram = tenancy.dask.worker_cores, tenancy.dask.worker_ram_gb
    default, least, most = map(format_number, (ram.default, ram.min, ram.max))
    return f"""\
from dask_gateway_server.options import Float, Options

def worker_size(options):
    cores, memory = options.worker_cores, "%f G" % options.worker_ram_gb
    # The limits in the chart's values are those of the default size.
    return {{
        "worker_cores": cores,
        "worker_cores_limit": cores,
        "worker_memory": memory,
        "worker_memory_limit": memory,
    }}

c.Backend.cluster_options = Options(
    Float("worker_cores", default={cores.default}, min={cores.min}, max={cores.max}, label="Worker cores"),
    Float("worker_ram_gb", default={default}, min={least}, max={most}, label="Worker RAM (GB)"),
    handler=worker_size,
)
"""


def user_limits(tenancy: Tenancy) -> str:
    """Return the code that limits clusters per user: the whole module, because the gateway's chart mounts no files."""
    quota = quota_name(tenancy) if quota_limits(tenancy).as_quota() else ""
    return f"""\
{_BACKEND_MODULE.read_text()}

c.DaskGateway.backend_class = BoundedKubeBackend
c.BoundedKubeBackend.quota = "{quota}"
c.BoundedKubeBackend.cpu_request = {tenancy.dask.cpu_request or 0}
c.BoundedKubeBackend.nodes_are_fixed = {tenancy.nodes is not None}
c.BoundedKubeBackend.scheduling_timeout = {FIXED_NODES_SECONDS if tenancy.nodes else MORE_NODES_SECONDS}
c.BoundedKubeBackend.clusters_per_user = {tenancy.dask.clusters_per_user}
"""


def dask_memory(ram_gb: float) -> str:
    """Return a memory size for dask-gateway, whose unit G is 1024³ bytes."""
    return f"{format_number(ram_gb)} G"


def format_cpus(cpus: float) -> str:
    """Return a number of CPUs as a Kubernetes quantity."""
    return f"{math.ceil(cpus * 1000 - 1e-6)}m"


@dataclass(frozen=True)
class QuotaLimits:
    """Resources that all Dask clusters of a tenancy may request together; None for no limit."""

    cores: float | None
    ram_gb: float | None

    def as_quota(self) -> dict[str, str]:
        """Return the ``hard`` limits of a ResourceQuota as Kubernetes quantities."""
        hard = {}
        if self.cores is not None:
            hard["requests.cpu"] = f"{int(self.cores * 1000)}m"
        if self.ram_gb is not None:
            hard["requests.memory"] = f"{int(self.ram_gb * 1024)}Mi"
        return hard


def quota_limits(tenancy: Tenancy) -> QuotaLimits:
    """Return the tenancy's limits; by default the capacity of its nodes, so that no autoscaler adds nodes for Dask."""
    dask = tenancy.dask
    node_cores, node_ram_gb = compute_dask_capacity(tenancy) or (None, None)
    return QuotaLimits(
        cores=node_cores if dask.total_cores is None else dask.total_cores,
        ram_gb=node_ram_gb if dask.total_ram_gb is None else dask.total_ram_gb,
    )
