"""Pre-flight check of the cluster's own addresses: users' pods must not reach those that are public. Pure.

The network policies contain only what the stack file says. Derived from the cluster, they would change whenever a node
comes or goes, and in every preview without access to the cluster.
"""

from collections.abc import Iterable, Sequence
from ipaddress import collapse_addresses, ip_network

from components.address_ranges import Block, Network, public_blocks, unreachable
from components.cluster.addresses import ClusterAddress, ClusterAddresses

KEY = "network.clusterCidrs"

SUBNET_LENGTH_V6 = 64
"""Prefix length of IPv6 subnets: the next node has another address of the same subnet."""

MAX_SHOWN = 5
"""Number of addresses in a message."""


def open_addresses(found: Iterable[ClusterAddress], cluster_cidrs: tuple[str, ...]) -> list[ClusterAddress]:
    """Return the addresses, all or in part public, that users' pods can reach."""
    permitted = public_blocks(cluster_cidrs)
    return [each for each in found if _is_open(each.network, permitted)]


def describe_open_addresses(addresses: ClusterAddresses, cluster_cidrs: tuple[str, ...] | None) -> str | None:
    """Return which addresses users' pods can reach, with the key to add; None if there are none, or it is accepted.

    Args:
        addresses: the cluster's addresses.
        cluster_cidrs: the value in the stack file; None if the key is missing, empty if all is accepted.
    """
    if cluster_cidrs == ():
        return None
    found = open_addresses(addresses.found, cluster_cidrs or ())
    if not found:
        return None
    shown = ", ".join(f"{each.owner} ({each.network})" for each in found[:MAX_SHOWN])
    more = f" and {len(found) - MAX_SHOWN} more" if len(found) > MAX_SHOWN else ""
    networks = [*(cluster_cidrs or ()), *suggest_networks(each.network for each in found)]
    return (
        f"notebooks can reach public addresses of the cluster itself: {shown}{more}. Add the networks of its nodes, "
        f"pods and API server to the stack file, pangeo:{KEY}: [{', '.join(networks)}]"
    )


def describe_problems(addresses: ClusterAddresses, cluster_cidrs: tuple[str, ...] | None) -> str | None:
    """Return which addresses are not known; None if all are, or if the stack file has the key."""
    if cluster_cidrs is not None or not addresses.problems:
        return None
    return (
        f"it is not known whether the cluster has public addresses: {'; '.join(addresses.problems)}. If it has, list "
        f"the networks of its nodes, pods and API server in pangeo:{KEY}; otherwise set it to []"
    )


def suggest_networks(networks: Iterable[str]) -> list[str]:
    """Return the networks without repetitions; IPv6 addresses as their subnets."""
    parsed = [_subnet(ip_network(each, strict=False)) for each in networks]
    v4 = collapse_addresses(each for each in parsed if each.version == 4)
    v6 = collapse_addresses(each for each in parsed if each.version == 6)
    return [str(each) for each in (*v4, *v6)]


def _subnet(network: Network) -> Network:
    if network.version == 6 and network.prefixlen > SUBNET_LENGTH_V6:
        return network.supernet(new_prefix=SUBNET_LENGTH_V6)
    return network


def _is_open(text: str, permitted: Sequence[Block]) -> bool:
    try:
        network = ip_network(text, strict=False)
    except ValueError:  # a node may report a host name
        return False
    closed = sum(each.num_addresses for each in unreachable(Block(str(network)), permitted))
    return closed < network.num_addresses
