"""The section ``network``: the networks that users' pods can reach."""

from ipaddress import IPv6Network, ip_network
from typing import Annotated

from pydantic import AfterValidator, Field

from components.config.section import Section

SHORTEST_PREFIX = {4: 8, 6: 20}
"""Length of the shortest prefix of a cluster's public addresses, by IP version. A shorter one is a mistake."""


def _cidr(value: str) -> str:
    """Normalise a network, e.g. ``203.0.113.0/24``; a single address becomes ``/32`` or ``/128``."""
    try:
        network = ip_network(value)
    except ValueError:
        try:
            likely = ip_network(value, strict=False)
        except ValueError:
            raise ValueError("is not a network; write for example 192.171.139.0/24 or 2001:630::/64") from None
        raise ValueError(f"has an address within the network; write {likely}") from None
    if isinstance(network, IPv6Network) and network.network_address.ipv4_mapped:
        raise ValueError("is an IPv4-mapped IPv6 network; write the IPv4 network")
    if network.prefixlen < SHORTEST_PREFIX[network.version]:
        raise ValueError(
            f"is too large: users could not reach the internet; write prefixes of at least "
            f"/{SHORTEST_PREFIX[network.version]}, of the cluster's own addresses only"
        )
    return str(network)


Cidr = Annotated[str, AfterValidator(_cidr)]


class Network(Section):
    """The networks that users' pods can reach: the public internet without the cluster's own addresses."""

    cluster_cidrs: tuple[Cidr, ...] | None = Field(
        None,
        description="Networks of the cluster's own public addresses: those of its nodes, its pods and its API server, "
        "IPv4 and IPv6. Users' notebooks and Dask pods cannot reach them, as they cannot reach private addresses. If "
        "the cluster has public addresses, `pulumi up` requires this key and names them; an empty list accepts that "
        "users can reach them",
        examples=[["192.171.139.0/24", "2001:630::/64"]],
    )

    @property
    def blocked_cidrs(self) -> tuple[str, ...]:
        """The networks that users' pods must not reach besides private ones."""
        return self.cluster_cidrs or ()
