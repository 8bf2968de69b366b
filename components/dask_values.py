"""How notebooks reach the Dask gateway, and what a user may ask of it."""

from dataclasses import dataclass, field
from typing import Any, TypeVar

from components.hub_secrets import HubSecrets
from components.tenancy import Tenancy

T = TypeVar("T")

SERVICE = "dask-gateway"
PREFIX = "/services/dask-gateway"
"""The hub's proxy does not strip prefixes, so the gateway answers below the same path."""

GATEWAY_POD_PORT = 8000
"""Where the gateway's proxy listens; network policies see this one and not port 80 of its Service."""

MAY_USE_GATEWAY = f"access:services!service={SERVICE}"


@dataclass(frozen=True)
class GatewayAccess:
    """What the hub must know for a notebook's own token to open the gateway. All empty without Dask."""

    services: dict[str, Any] = field(default_factory=dict)
    roles: dict[str, Any] = field(default_factory=dict)
    spawner: dict[str, Any] = field(default_factory=dict)


def gateway_name(release: str) -> str:
    """What the names of the gateway's objects end in, cluster roles among them.

    The chart's own rule would give the releases ``vis`` and ``vis-dask-gateway`` the same.
    """
    return f"{release}-dask-gateway"


def gateway_service(release: str) -> str:
    """The name of the gateway's proxy Service. No release's name is so long that the chart would cut it."""
    return f"traefik-{gateway_name(release)}"


def gateway_egress(tenancy: Tenancy) -> list[dict[str, Any]]:
    """The rule that lets the pods of the hub's chart through to the gateway's proxy; none without Dask.

    A notebook may reach no private address otherwise. The hub and its proxy may, but some network plug-ins (Cilium)
    do not count pods among the addresses of an ``ipBlock``. Source: dask/helm-chart#445.
    """
    if not tenancy.dask.enabled:
        return []
    proxy = {"app.kubernetes.io/name": "dask-gateway", "app.kubernetes.io/component": "traefik"}
    return [
        {
            "to": [{"podSelector": {"matchLabels": proxy}}],
            "ports": [{"port": GATEWAY_POD_PORT, "protocol": "TCP"}],
        }
    ]


def gateway_access(tenancy: Tenancy, secrets: HubSecrets[T], release: str) -> GatewayAccess:
    """The hub's service, the users' role and the scopes of a notebook's token.

    Both are needed: a token gets only those of its scopes that its user holds. Source: dask-gateway's ``auth.py``.
    """
    if not tenancy.dask.enabled:
        return GatewayAccess()
    return GatewayAccess(
        services={
            SERVICE: {"display": False, "apiToken": secrets.gateway_token, "url": f"http://{gateway_service(release)}"}
        },
        roles={"user": {"scopes": ["self", MAY_USE_GATEWAY]}},
        spawner={"server_token_scopes": ["users:activity!user", "access:servers!server", MAY_USE_GATEWAY]},
    )


def notebook_environment(tenancy: Tenancy, release: str) -> dict[str, str]:
    """Where the Dask client finds the gateway. KubeSpawner expands braces in these strings, and they hold none."""
    if not tenancy.dask.enabled:
        return {}
    return {
        "DASK_GATEWAY__ADDRESS": f"http://proxy-public{PREFIX}",
        "DASK_GATEWAY__PROXY_ADDRESS": f"gateway://{gateway_service(release)}:80",
        "DASK_GATEWAY__PUBLIC_ADDRESS": f"{PREFIX}/",
        "DASK_GATEWAY__AUTH__TYPE": "jupyterhub",
    }


def dask_gateway_values(tenancy: Tenancy, release: str) -> dict[str, Any]:
    """The values of the chart ``dask-gateway`` 2026.3.0; only its condition when Dask is off."""
    dask = tenancy.dask
    if not dask.enabled:
        return {"enabled": False}
    image_name, _, image_tag = tenancy.notebook.image.rpartition(":")
    return {
        "enabled": True,
        "fullnameOverride": gateway_name(release),
        "gateway": {
            "prefix": PREFIX,
            "auth": {"type": "jupyterhub", "jupyterhub": {"jupyterhubServiceName": SERVICE}},
            # Client, scheduler and workers of different versions do not understand each other.
            "backend": {"image": {"name": image_name, "tag": image_tag}},
            "extraConfig": {"limits": cluster_limits(tenancy), "options": cluster_options(tenancy)},
        },
        "traefik": {"service": {"type": "ClusterIP"}},
    }


def cluster_limits(tenancy: Tenancy) -> str:
    """The gateway's configuration that bounds one cluster and ends an idle one. An idle time of 0 means never."""
    dask = tenancy.dask
    return "\n".join(
        [
            f"c.ClusterConfig.cluster_max_workers = {dask.max_workers}",
            f"c.ClusterConfig.cluster_max_cores = {dask.max_cores:g}",
            f'c.ClusterConfig.cluster_max_memory = "{dask.max_ram_gb:g} G"',
            f"c.ClusterConfig.idle_timeout = {dask.idle_minutes * 60:g}",
        ]
    )


def cluster_options(tenancy: Tenancy) -> str:
    """The gateway's configuration of what a user may choose for a worker, each within the tenancy's bounds."""
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
