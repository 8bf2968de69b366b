"""What a user may ask of the Dask gateway, in its own configuration; and what all users together may."""

from dataclasses import dataclass
from pathlib import Path

from components.config.capacity import compute_dask_capacity
from components.config.tenancy import Tenancy

_BACKEND = Path(__file__).resolve().parent.parent / "in_gateway" / "bounded_backend.py"


def quota_name(tenancy: Tenancy) -> str:
    """Of the ResourceQuota that all clusters of a tenancy share, as ``chart/templates/dask-priority.yaml`` has it."""
    return f"{tenancy.release}-dask"


def gateway_configuration(tenancy: Tenancy) -> dict[str, str]:
    """``gateway.extraConfig``: blocks of Python by name, run in the order of the names."""
    return {
        "limits": cluster_limits(tenancy),
        "options": cluster_options(tenancy),
        "users": user_limits(tenancy),
    }


def cluster_limits(tenancy: Tenancy) -> str:
    """What bounds one cluster and ends an idle one."""
    dask = tenancy.dask
    return "\n".join(
        [
            f"c.ClusterConfig.cluster_max_workers = {dask.max_workers}",
            f"c.ClusterConfig.cluster_max_cores = {dask.max_cores:g}",
            f'c.ClusterConfig.cluster_max_memory = "{dask.max_ram_gb:g} G"',
            f"c.ClusterConfig.idle_timeout = {dask.idle_seconds}",
        ]
    )


def cluster_options(tenancy: Tenancy) -> str:
    """What a user may choose for a worker, each within the tenancy's bounds."""
    cores, ram = tenancy.dask.worker_cores, tenancy.dask.worker_ram_gb
    return f"""\
from dask_gateway_server.options import Float, Options

def worker_size(options):
    return {{"worker_cores": options.worker_cores, "worker_memory": "%f G" % options.worker_ram_gb}}

c.Backend.cluster_options = Options(
    Float("worker_cores", default={cores.default:g}, min={cores.min:g}, max={cores.max:g}, label="Worker cores"),
    Float("worker_ram_gb", default={ram.default:g}, min={ram.min:g}, max={ram.max:g}, label="Worker RAM (GB)"),
    handler=worker_size,
)
"""


def user_limits(tenancy: Tenancy) -> str:
    """Who gets no further cluster: a whole module, as the gateway's chart mounts no files."""
    quota = quota_name(tenancy) if total(tenancy).as_quota() else ""
    return f"""\
{_BACKEND.read_text()}

c.DaskGateway.backend_class = BoundedKubeBackend
c.BoundedKubeBackend.quota = "{quota}"
c.BoundedKubeBackend.clusters_per_user = {tenancy.dask.clusters_per_user}
"""


@dataclass(frozen=True)
class Total:
    """What all clusters of a tenancy may ask for together; None is no bound."""

    cores: float | None
    ram_gb: float | None

    def as_quota(self) -> dict[str, str]:
        """The ``hard`` of a ResourceQuota, in Kubernetes' quantities."""
        hard = {}
        if self.cores is not None:
            hard["requests.cpu"] = f"{int(self.cores * 1000)}m"
        if self.ram_gb is not None:
            hard["requests.memory"] = f"{int(self.ram_gb * 1024)}Mi"
        return hard


def total(tenancy: Tenancy) -> Total:
    """As the tenancy says; otherwise what its stated worker nodes hold, so that no autoscaler adds nodes for Dask."""
    dask, room = tenancy.dask, compute_dask_capacity(tenancy)
    stated_cores, stated_ram_gb = room or (None, None)
    return Total(
        cores=stated_cores if dask.total_cores is None else dask.total_cores,
        ram_gb=stated_ram_gb if dask.total_ram_gb is None else dask.total_ram_gb,
    )
