"""Whom pods may reach beyond the pods they work with: rules of network policies, for IPv4 and IPv6.

The rules of the jupyterhub chart know IPv4 only, and of what is not public the three ranges of RFC 1918 alone.
"""

from ipaddress import IPv4Network, IPv6Address, IPv6Network
from typing import Any

Rule = dict[str, Any]

RFC_1918 = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
SHARED = "100.64.0.0/10"
"""Carrier-grade NAT (RFC 6598): some clusters' pods, one cloud's metadata server."""
LINK_LOCAL = "169.254.0.0/16"
"""Cloud metadata servers (169.254.169.254 nearly everywhere), node-local DNS caches."""

UNIQUE_LOCAL_V6 = "fc00::/7"
LINK_LOCAL_V6 = "fe80::/10"
METADATA_V6 = ("fd00:ec2::254/128", "fd20:ce::254/128")
"""AWS's and Google's; others use the link-local one through NAT."""

NAT64 = IPv6Address("64:ff9b::")
"""IPv4 addresses as clusters of IPv6 alone see them: the prefix and the address' four bytes (RFC 6052)."""

DNS = [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]


def through_nat64(network: str) -> str:
    """The IPv6 addresses by which a NAT64 gateway would lead to an IPv4 network."""
    inner = IPv4Network(network)
    return str(IPv6Network((int(NAT64) + int(inner.network_address), 96 + inner.prefixlen)))


NOT_PUBLIC = (*RFC_1918, SHARED, LINK_LOCAL)
NOT_PUBLIC_V6 = (UNIQUE_LOCAL_V6, LINK_LOCAL_V6, *(through_nat64(network) for network in NOT_PUBLIC))


def name_servers() -> Rule:
    """Where DNS may be: pods of ``kube-system``, private addresses, a node-local cache, a cloud's metadata server."""
    system = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}
    blocks = (*RFC_1918, SHARED, LINK_LOCAL, UNIQUE_LOCAL_V6)
    return {"to": [system, *({"ipBlock": {"cidr": cidr}} for cidr in blocks)], "ports": DNS}


def public_internet() -> Rule:
    """Every public address at every port, as data are served at many.

    No node, directory or metadata server with a private address is among them.
    """
    return {
        "to": [
            {"ipBlock": {"cidr": "0.0.0.0/0", "except": list(NOT_PUBLIC)}},
            {"ipBlock": {"cidr": "::/0", "except": list(NOT_PUBLIC_V6)}},
        ]
    }


def anywhere_but_metadata() -> Rule:
    """For what talks to the Kubernetes API or the directory, wherever they are."""
    return {
        "to": [
            {"ipBlock": {"cidr": "0.0.0.0/0", "except": [LINK_LOCAL]}},
            {"ipBlock": {"cidr": "::/0", "except": [LINK_LOCAL_V6, *METADATA_V6, through_nat64(LINK_LOCAL)]}},
        ]
    }


def own_rules(*egress: Rule) -> dict[str, Any]:
    """A ``networkPolicy`` of the jupyterhub chart with these rules and none of the chart's own choices."""
    chosen = (
        *("cloudMetadataServer", "dnsPortsCloudMetadataServer", "dnsPortsKubeSystemNamespace"),
        *("dnsPortsPrivateIPs", "nonPrivateIPs", "privateIPs"),
    )
    return {"enabled": True, "egressAllowRules": dict.fromkeys(chosen, False), "egress": list(egress)}
