"""Egress rules of network policies for connections that leave the hub's own pods, for IPv4 and IPv6.

The rules of the jupyterhub chart cover only IPv4, and treat only the three ranges of RFC 1918 as private.
"""

from collections.abc import Iterable
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from components.address_ranges import (
    LINK_LOCAL,
    RFC_1918,
    SHARED,
    UNIQUE_LOCAL_V6,
    Block,
    blocks_of,
    blocks_without_metadata,
    public_blocks,
)

if TYPE_CHECKING:
    from components.config.dns import Dns
    from components.config.network import Network
    from components.config.reach import PortRange, Reach, Scope

Rule = dict[str, Any]
"""An egress rule of a NetworkPolicy."""

DNS_SERVERS = (*RFC_1918, SHARED, LINK_LOCAL, UNIQUE_LOCAL_V6)
"""Addresses of the cluster's DNS service and of node-local caches."""

CHART_RULES = (
    *("cloudMetadataServer", "dnsPortsCloudMetadataServer", "dnsPortsKubeSystemNamespace"),
    *("dnsPortsPrivateIPs", "nonPrivateIPs", "privateIPs"),
)
"""Egress rules that the jupyterhub chart adds to a policy unless they are off."""

DNS: list[dict[str, Any]] = [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]


def users_egress(network: "Network", scope: "Scope") -> list[Rule]:
    """Return the rules for connections of users' pods to other hosts: DNS, the internet and ``network.reach``."""
    return [
        *allow_dns(network.dns),
        allow_internet(network.blocked_cidrs),
        *allow_reach(network.reach, scope),
    ]


def allow_dns(dns: "Dns") -> list[Rule]:
    """Allow DNS to the service's pods, private addresses, node-local caches and cloud metadata servers.

    Only the pods may have other ports than 53: at the other addresses, servers of any kind may listen there.
    """
    pods = dns_pods(dns)
    rules: list[Rule] = [{"to": [pods, *({"ipBlock": {"cidr": cidr}} for cidr in DNS_SERVERS)], "ports": DNS}]
    if dns.further_ports:
        rules.append({"to": [pods], "ports": [port for number in dns.further_ports for port in _dns_ports(number)]})
    return rules


def dns_pods(dns: "Dns") -> dict[str, Any]:
    """Return the destination of the pods in the namespace of the cluster's DNS service."""
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": dns.namespace}}}


def _dns_ports(number: int) -> list[dict[str, Any]]:
    return [{"port": number, "protocol": protocol} for protocol in ("UDP", "TCP")]


def allow_internet(cluster_cidrs: tuple[str, ...] = ()) -> Rule:
    """Allow every public address on every port, as data servers use many.

    Nodes, directories and metadata servers with private addresses are not included, nor the cluster's own public
    addresses, ``cluster_cidrs``.
    """
    return _allow(public_blocks(cluster_cidrs))


def allow_all_but_metadata() -> Rule:
    """Allow every address except metadata servers, for pods that use the Kubernetes API or the directory."""
    return _allow(blocks_without_metadata())


def allow_endpoint(host: str, port: int) -> Rule:
    """Allow a port of a server that the operator names, for pods that run no user's code.

    A name can have any address, also a private one, except those of metadata servers.
    """
    try:
        blocks = blocks_of([str(ip_network(host))])
    except ValueError:
        blocks = blocks_without_metadata()
    return {**_allow(blocks), "ports": [{"port": port, "protocol": "TCP"}]}


def allow_reach(entries: "Iterable[Reach]", scope: "Scope") -> list[Rule]:
    """Return a rule for each entry of ``network.reach`` that applies to the pods of the scope."""
    return [
        {**_allow(blocks_of(each.cidrs)), "ports": [_port(ports, each.protocol.upper()) for ports in each.port_ranges]}
        for each in entries
        if scope in each.scopes
    ]


def _allow(blocks: Iterable[Block]) -> Rule:
    return {"to": [{"ipBlock": _ip_block(each)} for each in blocks]}


def _ip_block(block: Block) -> dict[str, Any]:
    return {"cidr": block.cidr, **({"except": list(block.excluded)} if block.excluded else {})}


def _port(ports: "PortRange", protocol: str) -> dict[str, Any]:
    end = {} if ports.first == ports.last else {"endPort": ports.last}
    return {"port": ports.first, **end, "protocol": protocol}


def network_policy(*egress: Rule) -> dict[str, Any]:
    """Return a ``networkPolicy`` value of the jupyterhub chart with these rules, and the chart's own rules off."""
    return {"enabled": True, "egressAllowRules": dict.fromkeys(CHART_RULES, False), "egress": list(egress)}
