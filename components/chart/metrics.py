"""The chart values of the section ``metrics``; none of them without the section."""

from typing import Any

from components.capacity.node import allocatable_cpus, allocatable_ram_gb
from components.chart.mounted_code import METRICS_MODULES, mounted_code, mounted_file
from components.config.metrics import Metrics
from components.config.tenancy import Tenancy
from components.in_hub.metric_settings import FILE, PORT, MetricSettings
from components.ownership.claims import DATABASE_CLAIM

Values = dict[str, Any]


def chart_metrics(tenancy: Tenancy) -> Values:
    """Return the values of ``chart/templates/metrics.yaml``."""
    if tenancy.metrics is None:
        return {}
    prometheus = tenancy.metrics.prometheus.model_dump(mode="json", by_alias=True)
    return {"metrics": {"port": PORT, "prometheus": prometheus}}


def proxy_metrics(tenancy: Tenancy) -> Values:
    """Return the settings of configurable-http-proxy, which serves metrics at a port of their own."""
    if tenancy.metrics is None:
        return {}
    return {"extraCommandLineFlags": ["--metrics-ip=", f"--metrics-port={PORT}"]}


def gateway_arguments(tenancy: Tenancy) -> list[str]:
    """Return the arguments of the gateway's Traefik. The labels of services would have the names of clusters."""
    if tenancy.metrics is None:
        return []
    return [
        f"--entrypoints.metrics.address=:{PORT}",
        "--metrics.prometheus=true",
        "--metrics.prometheus.entrypoint=metrics",
        "--metrics.prometheus.addserviceslabels=false",
    ]


def hub_metrics(tenancy: Tenancy) -> tuple[Values, Values]:
    """Return the additions to ``hub.extraFiles`` and ``hub.extraConfig``."""
    if tenancy.metrics is None:
        return {}, {}
    own = mounted_file(f"in_hub/{FILE.name}", hub_settings(tenancy, tenancy.metrics).to_json())
    code = "from components.in_hub.metrics import install\n\ninstall()\n"
    return {**mounted_code(METRICS_MODULES), **own}, {"pangeo-metrics": code}


def hub_settings(tenancy: Tenancy, metrics: Metrics) -> MetricSettings:
    """Return the settings of the hub's metrics."""
    nodes = tenancy.nodes.kinds if tenancy.nodes else None
    ram_gb = None if nodes is None else sum(pool.count * allocatable_ram_gb(pool.ram_gb) for pool in nodes)
    return MetricSettings(
        per_user=metrics.per_user,
        per_group=metrics.per_group,
        dask=tenancy.dask.enabled,
        backup=tenancy.backup is not None,
        domain=tenancy.domain,
        address=str(tenancy.external_ip),
        database_claim=DATABASE_CLAIM,
        folder_claims=tuple(folder.claim_name for folder in tenancy.shared_folders),
        worker_cpus=None if nodes is None else sum(pool.count * allocatable_cpus(pool.cpus) for pool in nodes),
        worker_bytes=None if ram_gb is None else ram_gb * 1024**3,
    )
