"""Egress rules of network policies for connections that leave the hub's own pods, for IPv4 and IPv6.

The rules of the jupyterhub chart cover only IPv4, and treat only the three ranges of RFC 1918 as private.
"""

from ipaddress import IPv4Network, IPv6Address, IPv6Network
from typing import Any

Rule = dict[str, Any]
"""An egress rule of a NetworkPolicy."""

RFC_1918 = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
SHARED = "100.64.0.0/10"
"""Carrier-grade NAT (RFC 6598): used for pods in some clusters, and for one cloud's metadata server."""

LINK_LOCAL = "169.254.0.0/16"
"""Cloud metadata servers (usually 169.254.169.254) and node-local DNS caches."""

UNIQUE_LOCAL_V6 = "fc00::/7"
LINK_LOCAL_V6 = "fe80::/10"
METADATA_V6 = ("fd00:ec2::254/128", "fd20:ce::254/128")
"""Metadata servers of AWS and Google; other clouds use the IPv4 address through NAT64."""

NAT64 = IPv6Address("64:ff9b::")
"""Prefix of IPv4 addresses in clusters that have IPv6 only; the last four bytes are the IPv4 address (RFC 6052)."""

DNS = [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]


def through_nat64(network: str) -> str:
    """Return the IPv6 network by which a NAT64 gateway reaches an IPv4 network."""
    inner = IPv4Network(network)
    return str(IPv6Network((int(NAT64) + int(inner.network_address), 96 + inner.prefixlen)))


PRIVATE = (*RFC_1918, SHARED, LINK_LOCAL)
PRIVATE_V6 = (UNIQUE_LOCAL_V6, LINK_LOCAL_V6, *(through_nat64(network) for network in PRIVATE))


def allow_dns() -> Rule:
    """Allow DNS to pods in ``kube-system``, private addresses, node-local caches and cloud metadata servers."""
    system = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}
    blocks = (*RFC_1918, SHARED, LINK_LOCAL, UNIQUE_LOCAL_V6)
    return {"to": [system, *({"ipBlock": {"cidr": cidr}} for cidr in blocks)], "ports": DNS}


def allow_internet() -> Rule:
    """Allow every public address on every port, as data servers use many.

    Nodes, directories and metadata servers with private addresses are not included.
    """
    return {
        "to": [
            {"ipBlock": {"cidr": "0.0.0.0/0", "except": list(PRIVATE)}},
            {"ipBlock": {"cidr": "::/0", "except": list(PRIVATE_V6)}},
        ]
    }


def allow_all_but_metadata() -> Rule:
    """Allow every address except metadata servers, for pods that use the Kubernetes API or the directory."""
    return {
        "to": [
            {"ipBlock": {"cidr": "0.0.0.0/0", "except": [LINK_LOCAL]}},
            {"ipBlock": {"cidr": "::/0", "except": [LINK_LOCAL_V6, *METADATA_V6, through_nat64(LINK_LOCAL)]}},
        ]
    }


def network_policy(*egress: Rule) -> dict[str, Any]:
    """Return a ``networkPolicy`` value of the jupyterhub chart with these rules, and the chart's own rules off."""
    chart_rules = (
        *("cloudMetadataServer", "dnsPortsCloudMetadataServer", "dnsPortsKubeSystemNamespace"),
        *("dnsPortsPrivateIPs", "nonPrivateIPs", "privateIPs"),
    )
    return {"enabled": True, "egressAllowRules": dict.fromkeys(chart_rules, False), "egress": list(egress)}
