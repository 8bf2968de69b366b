"""Servers that a user's server must not reach, derived from the tenancy and its cluster. Pure.

What the stack file allows (``network.reach``), and public addresses that it does not count among the cluster's own, is
not forbidden: the network policies allow it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from components.address_ranges import METADATA, METADATA_V6, contains, is_public
from components.cli.verify.attempts import Target
from components.cli.verify.cluster_facts import HUB_PORT, ClusterFacts
from components.config.reach import PortRange
from components.config.tenancy import Tenancy

KUBELET_PORTS = (10250, 10255)
DIRECTORY_PORTS = (389, 636)
MOST_NODES, MOST_SERVERS = 16, 16
"""Numbers of addresses of nodes, and of other users with running servers, that are tried."""

METADATA_SERVERS = (
    Target("169.254.169.254", 80),
    Target("168.63.129.16", 80),
    Target("192.0.0.192", 80),
    Target("100.100.100.200", 80),
    Target("fd00:ec2::254", 80),
)
"""Metadata servers of most clouds; of Azure, Oracle and Alibaba; of AWS by IPv6. They return a node's credentials."""

API_SERVICE = Target("kubernetes.default.svc", 443)
HUB = Target("hub", HUB_PORT)
"""The hub's API, which the network policies allow: users' servers need it."""

API, PROXY, GATEWAY, SCHEDULERS = "Kubernetes API", "proxy's API", "Dask gateway's API", "Dask schedulers"
METADATA_SERVER, KUBELET, SERVERS, DIRECTORY = "cloud metadata server", "kubelet", "other users' servers", "directory"

PODS = (SERVERS, PROXY, GATEWAY, SCHEDULERS)
"""Pods of the tenancy, whose own policies refuse connections whatever those of users' servers allow."""


@dataclass(frozen=True)
class Forbidden:
    """Servers of one kind that must not be reachable."""

    kind: str
    targets: tuple[Target, ...]
    missing: str = ""
    """Reason why there are no targets, or not all."""


def forbidden_servers(tenancy: Tenancy, facts: ClusterFacts) -> tuple[Forbidden, ...]:
    """Return all servers that a user's server must not reach, whether or not there is one to try now."""
    return tuple(_forbidden(tenancy, facts))


def _forbidden(tenancy: Tenancy, facts: ClusterFacts) -> Iterator[Forbidden]:
    unread = facts.addresses_unread
    yield Forbidden(METADATA_SERVER, METADATA_SERVERS)
    nodes = facts.nodes[:MOST_NODES]
    kubelets = tuple(Target(each.network, port) for each in nodes for port in KUBELET_PORTS)
    no_nodes = unread or "the cluster reports no address of a node"
    more_nodes = _untried(len(facts.nodes) - MOST_NODES, "addresses of nodes")
    yield Forbidden(KUBELET, kubelets, missing=more_nodes if nodes else no_nodes)
    yield Forbidden(API, (API_SERVICE, *facts.api_servers), missing=unread)
    servers = tuple(target for each in list(facts.servers.values())[:MOST_SERVERS] for target in each)
    none_runs = "no other user has a running server now; " + (
        "the Dask schedulers below are protected in the same way" if facts.schedulers else "run this again when one has"
    )
    more_servers = _untried(len(facts.servers) - MOST_SERVERS, "servers")
    yield Forbidden(SERVERS, servers, missing=more_servers if servers else facts.pods_unread or none_runs)
    yield Forbidden(PROXY, facts.proxy_apis, missing=facts.pods_unread or _absent(facts.proxy_apis))
    if tenancy.dask.enabled:
        gateways, schedulers = facts.gateway_apis, facts.schedulers
        yield Forbidden(GATEWAY, gateways, missing=facts.pods_unread or _absent(gateways))
        no_cluster = "" if schedulers else "no Dask cluster runs now"
        yield Forbidden(SCHEDULERS, schedulers, missing=facts.pods_unread or no_cluster)
    hosts = dict.fromkeys(server.host for server in tenancy.identity.directory().servers)
    ports = dict.fromkeys((*DIRECTORY_PORTS, *(server.port for server in tenancy.identity.directory().servers)))
    yield Forbidden(DIRECTORY, tuple(Target(host, port) for host in hosts for port in ports))


def _untried(count: int, noun: str) -> str:
    return f"{count} more {noun} were not tried" if count > 0 else ""


def _absent(targets: Sequence[Target]) -> str:
    return "" if targets else "its pod does not run"


def allowance(tenancy: Tenancy, kind: str, target: Target) -> str:
    """Return why the network policies allow users' servers a connection to an address; empty where they forbid it.

    Pods of the tenancy are never allowed.
    """
    if kind in PODS:
        return ""
    address = ip_address(target.host)
    network = ip_network(f"{address}/{address.max_prefixlen}")
    if any(contains(ip_network(each), network) for each in (*METADATA, *METADATA_V6)):
        return ""
    for entry in tenancy.network.reach:
        if entry.protocol != "tcp" or "notebooks" not in entry.scopes:
            continue
        has_address = any(contains(ip_network(cidr), network) for cidr in entry.cidrs)
        if has_address and any(each.contains(PortRange(target.port, target.port)) for each in entry.port_ranges):
            return f"pangeo:network.reach ({entry.name}) allows it"
    if is_public(address, tenancy.network.blocked_cidrs):
        return "it is a public address that pangeo:network.clusterCidrs does not contain"
    return ""
