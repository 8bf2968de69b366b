"""How notebooks reach the Dask gateway, and how nobody else does.

The gateway answers inside the cluster alone: the hub knows it as a service without an address, so its proxy has no
route there. A notebook calls it directly; a user sees a cluster's dashboard through the own server's proxy
(jupyter-server-proxy), for which the hub has asked who they are. Upstream, who has a dashboard's URL sees it
(dask/dask-gateway#570).
"""

from dataclasses import dataclass, field
from typing import Any, TypeVar

from components.chart.network_policies import Rule
from components.chart.secrets import HubSecrets
from components.config.tenancy import Tenancy

T = TypeVar("T")

SERVICE = "dask-gateway"
PREFIX = "/services/dask-gateway"
"""Below which path the gateway's proxy has its API and the clusters' dashboards."""

GATEWAY_POD_PORT = 8000
"""Where the gateway's proxy listens; network policies see this one and not port 80 of its Service."""

MAY_USE_GATEWAY = f"access:services!service={SERVICE}"


@dataclass(frozen=True)
class GatewayAccess:
    """What the hub must know for a notebook's own token to open the gateway. All empty without Dask."""

    services: dict[str, Any] = field(default_factory=dict)
    roles: dict[str, Any] = field(default_factory=dict)
    spawner: dict[str, Any] = field(default_factory=dict)


def gateway_name(tenancy: Tenancy) -> str:
    """What the names of the gateway's objects end in, cluster roles among them.

    The chart's own rule would give the releases ``vis`` and ``vis-dask-gateway`` the same.
    """
    return f"{tenancy.release}-dask-gateway"


def gateway_service(tenancy: Tenancy) -> str:
    """The name of the gateway's proxy Service. No release's name is so long that the chart would cut it."""
    return f"traefik-{gateway_name(tenancy)}"


def gateway_egress(tenancy: Tenancy) -> list[Rule]:
    """The rule that lets notebooks through to the gateway's proxy; none without Dask."""
    if not tenancy.dask.enabled:
        return []
    proxy = {"app.kubernetes.io/name": "dask-gateway", "app.kubernetes.io/component": "traefik"}
    return [
        {
            "to": [{"podSelector": {"matchLabels": proxy}}],
            "ports": [{"port": GATEWAY_POD_PORT, "protocol": "TCP"}],
        }
    ]


def gateway_access(tenancy: Tenancy, secrets: HubSecrets[T]) -> GatewayAccess:
    """The hub's service, the users' role, the scopes of a notebook's token and the hosts its server may show.

    Both role and scopes are needed: a token gets only those of its scopes that its user holds.
    Source: dask-gateway's ``auth.py``.
    """
    if not tenancy.dask.enabled:
        return GatewayAccess()
    shown = ("localhost", "127.0.0.1", gateway_service(tenancy))
    return GatewayAccess(
        services={SERVICE: {"display": False, "apiToken": secrets.gateway_token}},
        roles={"user": {"scopes": ["self", MAY_USE_GATEWAY]}},
        spawner={
            "server_token_scopes": ["users:activity!user", "access:servers!server", MAY_USE_GATEWAY],
            # jupyter-server-proxy's own choice is the first two. A list in one argument: of several it takes none.
            "args": [f"--ServerProxy.host_allowlist={list(shown)}"],
        },
    )


def notebook_environment(tenancy: Tenancy) -> dict[str, str]:
    """Where the Dask client finds the gateway, and what JupyterLab's Dask panel starts.

    KubeSpawner expands braces in these strings, so those that the Dask client is to expand are doubled. The panel
    shows a dashboard as it is where its path is below the server's ``proxy`` (dask-labextension 7.0.0).
    """
    if not tenancy.dask.enabled:
        return {}
    service = gateway_service(tenancy)
    return {
        "DASK_GATEWAY__ADDRESS": f"http://{service}{PREFIX}",
        "DASK_GATEWAY__PROXY_ADDRESS": f"gateway://{service}:80",
        "DASK_GATEWAY__PUBLIC_ADDRESS": f"{{{{JUPYTERHUB_SERVICE_PREFIX}}}}proxy/{service}:80{PREFIX}",
        "DASK_GATEWAY__AUTH__TYPE": "jupyterhub",
        "DASK_LABEXTENSION__FACTORY__MODULE": "dask_gateway",
        "DASK_LABEXTENSION__FACTORY__CLASS": "GatewayCluster",
    }
