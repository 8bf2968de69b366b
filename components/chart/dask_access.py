"""Access from notebooks to the Dask gateway.

The gateway is reachable only inside the cluster: it is a service of the hub without a URL, so the hub's proxy has no
route to it. Notebooks connect to it directly. Users open a cluster's dashboard through the proxy of their own server
(jupyter-server-proxy), which requires their log-in. In the upstream set-up, everyone with the URL can see a dashboard
(https://github.com/dask/dask-gateway/issues/570).
"""

from dataclasses import dataclass, field
from typing import Any

from components.chart.network_policies import Rule
from components.config.tenancy import Tenancy

SERVICE = "dask-gateway"
"""Name of the gateway among the hub's services."""

PREFIX = "/services/dask-gateway"
"""URL path of the gateway's API and of the clusters' dashboards."""

GATEWAY_POD_PORT = 8000
"""Port of the gateway's proxy pod. Network policies match this port, not port 80 of its Service."""

GATEWAY_SCOPE = f"access:services!service={SERVICE}"
"""The hub's scope that permits the use of the gateway."""


@dataclass(frozen=True)
class GatewayAccess:
    """Settings of the hub that let notebooks use the gateway with their own token. Empty if Dask is off."""

    services: dict[str, Any] = field(default_factory=dict)
    roles: dict[str, Any] = field(default_factory=dict)
    spawner: dict[str, Any] = field(default_factory=dict)


def gateway_name(tenancy: Tenancy) -> str:
    """Return the suffix of the names of the gateway's objects, including its cluster roles.

    By default, the chart would choose the same suffix for the releases ``vis`` and ``vis-dask-gateway``.
    """
    return f"{tenancy.release}-dask-gateway"


def gateway_object(tenancy: Tenancy, component: str) -> str:
    """Return the chart's name for an object of ``api``, ``controller`` or ``traefik``, truncated as the chart does."""
    return f"{component}-{gateway_name(tenancy)}"[:63].removesuffix("-")


def gateway_service(tenancy: Tenancy) -> str:
    """Return the name of the gateway's proxy Service. It is short enough that the chart does not truncate it."""
    return f"traefik-{gateway_name(tenancy)}"


def gateway_egress(tenancy: Tenancy) -> list[Rule]:
    """Return the rule that allows notebooks to connect to the gateway's proxy; none if Dask is off."""
    if not tenancy.dask.enabled:
        return []
    proxy = {"app.kubernetes.io/name": "dask-gateway", "app.kubernetes.io/component": "traefik"}
    return [
        {
            "to": [{"podSelector": {"matchLabels": proxy}}],
            "ports": [{"port": GATEWAY_POD_PORT, "protocol": "TCP"}],
        }
    ]


def gateway_access(tenancy: Tenancy) -> GatewayAccess:
    """Return the hub's service, the users' role, the scopes of notebooks' tokens and the hosts that servers may proxy.

    Both role and scopes are needed: a token has only those of its scopes that its user has, too.
    Source: dask-gateway's ``auth.py``.
    """
    if not tenancy.dask.enabled:
        return GatewayAccess()
    proxied_hosts = ("localhost", "127.0.0.1", gateway_service(tenancy))
    return GatewayAccess(
        # Its token is in the hub's Secret, from which the gateway's chart reads it by default.
        services={SERVICE: {"display": False}},
        roles={"user": {"scopes": ["self", GATEWAY_SCOPE]}},
        spawner={
            "server_token_scopes": ["users:activity!user", "access:servers!server", GATEWAY_SCOPE],
            # The first two hosts are jupyter-server-proxy's default. It accepts only one argument, which is a list.
            "args": [f"--ServerProxy.host_allowlist={list(proxied_hosts)}"],
        },
    )


def gateway_log_in() -> str:
    """Return the gateway's configuration by which it asks the hub about the token of every request.

    By default, dask-gateway (``auth.py``, ``UserCache``) answers the first request with a cookie, which replaces the
    token for 300 seconds. With it, code of a user whose access has ended could start another cluster.
    """
    return "c.JupyterHubAuthenticator.cache_max_age = 0\n"


def notebook_environment(tenancy: Tenancy) -> dict[str, str]:
    """Return the environment variables that configure the Dask client and JupyterLab's Dask panel; empty without Dask.

    KubeSpawner expands braces in these strings. Braces for the Dask client are therefore doubled. The panel needs no
    configuration for dashboards whose path is below the server's ``proxy`` (dask-labextension 7.0.0).
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
