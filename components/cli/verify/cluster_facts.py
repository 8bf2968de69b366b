"""Addresses in the cluster that a user's server must not reach, read from the cluster's API."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from components.cli.diagnose.deployed_hub import user_of
from components.cli.verify.attempts import Target
from components.cluster.addresses import ClusterAddress, read_addresses
from components.cluster.client import Api
from components.cluster.errors import CannotAsk
from components.config.tenancy import Tenancy
from components.ownership.claims import DATABASE_CLAIM
from components.readiness.workloads import is_pod_ready

NOTEBOOK_PORT, HUB_PORT, PROXY_API_PORT, GATEWAY_API_PORT = 8888, 8081, 8001, 8000
SCHEDULER_PORTS = (8786, 8787, 8788)
"""Ports of a Dask scheduler: of its clients, its dashboard and its API."""

_LABELS = {
    "hub": {"app": "jupyterhub", "component": "hub"},
    "proxy": {"app": "jupyterhub", "component": "proxy"},
    "server": {"app": "jupyterhub", "component": "singleuser-server"},
    "gateway": {"app.kubernetes.io/name": "dask-gateway", "app.kubernetes.io/component": "gateway"},
    "scheduler": {"app.kubernetes.io/name": "dask-gateway", "app.kubernetes.io/component": "dask-scheduler"},
}


@dataclass(frozen=True)
class ClusterFacts:
    """Addresses by kind. Where a list could not be read, its addresses are missing, and there is a reason."""

    nodes: tuple[ClusterAddress, ...] = ()
    api_servers: tuple[Target, ...] = ()
    proxy_apis: tuple[Target, ...] = ()
    gateway_apis: tuple[Target, ...] = ()
    servers: Mapping[str, tuple[Target, ...]] = field(default_factory=dict)
    """Other users' running servers, by user."""
    schedulers: tuple[Target, ...] = ()
    """All running Dask schedulers of the tenancy, the verification's own too: no server may connect to one."""
    database_users: tuple[str, ...] | None = None
    """Pods, other than the hub's, that mount the volume of its database; None where the pods could not be read."""
    addresses_unread: str = ""
    """Reason why addresses of nodes or API servers are missing."""
    pods_unread: str = ""
    """Reason why addresses of pods are missing."""


def read_cluster_facts(api: Api, tenancy: Tenancy, own_user: str) -> ClusterFacts:
    """Read the addresses. A list that cannot be read, for example for lack of permission, becomes a reason.

    Args:
        api: the cluster.
        tenancy: the tenancy.
        own_user: the hub's user whose server tries the connections.
    """
    addresses = read_addresses(api)
    nodes = tuple(each for each in addresses.found if each.owner.startswith("node "))
    api_servers = tuple(
        Target(each.network, port) for each in addresses.found if each.owner == "API server" for port in each.ports
    )
    unread = "; ".join(addresses.problems)
    try:
        pods = list(api.get(f"/api/v1/namespaces/{tenancy.namespace}/pods").get("items") or ())
    except CannotAsk as failure:
        return ClusterFacts(nodes, api_servers, addresses_unread=unread, pods_unread=str(failure))
    servers: dict[str, tuple[Target, ...]] = {}
    for pod in _ready(pods, "server"):
        if (user := user_of(pod)) != own_user:
            servers[user] = (*servers.get(user, ()), *_targets([pod], NOTEBOOK_PORT))
    return ClusterFacts(
        nodes=nodes,
        api_servers=api_servers,
        proxy_apis=_targets(_ready(pods, "proxy"), PROXY_API_PORT),
        gateway_apis=_targets(_ready(pods, "gateway"), GATEWAY_API_PORT),
        servers=servers,
        schedulers=_targets(_ready(pods, "scheduler"), *SCHEDULER_PORTS),
        database_users=tuple(
            sorted(
                pod["metadata"]["name"]
                for pod in pods
                if _mounts(pod, DATABASE_CLAIM) and not _is_component(pod, "hub")
            )
        ),
        addresses_unread=unread,
    )


def _ready(pods: Iterable[Mapping[str, Any]], component: str) -> list[Mapping[str, Any]]:
    return [
        pod
        for pod in pods
        if _is_component(pod, component) and is_pod_ready(pod) and not pod["metadata"].get("deletionTimestamp")
    ]


def _is_component(pod: Mapping[str, Any], component: str) -> bool:
    return _LABELS[component].items() <= (pod["metadata"].get("labels") or {}).items()


def _targets(pods: Iterable[Mapping[str, Any]], *ports: int) -> tuple[Target, ...]:
    return tuple(
        Target(str(address["ip"]), port)
        for pod in pods
        for address in (pod.get("status") or {}).get("podIPs") or ()
        for port in ports
    )


def _mounts(pod: Mapping[str, Any], claim: str) -> bool:
    volumes = (pod.get("spec") or {}).get("volumes") or ()
    return any((each.get("persistentVolumeClaim") or {}).get("claimName") == claim for each in volumes)
