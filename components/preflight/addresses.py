"""Pre-flight check of the cluster's own addresses: users' pods must not reach those that are public. Pure.

The network policies contain only what the stack file says. Derived from the cluster, they would change whenever a node
comes or goes, and in every preview without access to the cluster.
"""

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import collapse_addresses, ip_network

from components.address_ranges import Block, Network, overlaps, public_blocks, unreachable
from components.cluster.addresses import ClusterAddress, ClusterAddresses
from components.config.reach import PortRange, Reach

KEY = "network.clusterCidrs"
REACH_KEY = "network.reach"

CLOSED_PORTS: Mapping[str, tuple[int, ...]] = {"node ": (10250,), "API server": (443, 6443)}
"""Ports of the kubelet and usual ones of the API server, by the beginning of the owner's name.

No entry may open them, nor the ports that the cluster reports for its API server, such as MicroK8s' 16443.
"""

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


def find_closed_servers(addresses: ClusterAddresses, reach: Sequence[Reach]) -> Iterator[tuple[int, str]]:
    """Yield the index of each entry of ``network.reach`` that opens a server of Kubernetes itself, with the server."""
    for index, entry in enumerate(reach):
        for each in _reached(addresses, entry):
            usual = next((ports for owner, ports in CLOSED_PORTS.items() if each.owner.startswith(owner)), ())
            for port in dict.fromkeys((*usual, *each.ports)) if entry.protocol == "tcp" else ():
                if any(found.contains(PortRange(port, port)) for found in entry.port_ranges):
                    yield index, f"port {port} of {each.owner} ({each.network})"
                    break


def describe_reached_addresses(addresses: ClusterAddresses, reach: Sequence[Reach]) -> Iterator[str]:
    """Yield a warning for each entry of ``network.reach`` that contains addresses of the cluster itself."""
    for entry in reach:
        found = list(_reached(addresses, entry))
        if found:
            shown = ", ".join(f"{each.owner} ({each.network})" for each in found[:MAX_SHOWN])
            more = f" and {len(found) - MAX_SHOWN} more" if len(found) > MAX_SHOWN else ""
            yield (
                f"the entry {entry.name} of pangeo:{REACH_KEY} contains addresses of the cluster itself: "
                f"{shown}{more}; users' pods can connect to them on the ports {', '.join(entry.ports)}. Write narrower "
                "networks"
            )


def _reached(addresses: ClusterAddresses, entry: Reach) -> Iterator[ClusterAddress]:
    networks = [ip_network(each) for each in entry.cidrs]
    for each in addresses.found:
        with contextlib.suppress(ValueError):  # a node may report a host name
            own = ip_network(each.network, strict=False)
            if any(overlaps(own, other) for other in networks):
                yield each


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
