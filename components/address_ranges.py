"""Ranges of IP addresses by what can be behind them, for IPv4 and IPv6.

The network policies and the policy pack derive their rules from these definitions. Sources: IANA's special-purpose
address registries (https://www.iana.org/assignments/iana-ipv4-special-registry and …/iana-ipv6-special-registry), and
the metadata services of cloud providers.
"""

import functools
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network, summarize_address_range
from typing import NamedTuple

Network = IPv4Network | IPv6Network

RFC_1918 = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
SHARED = "100.64.0.0/10"
"""Carrier-grade NAT (RFC 6598): used for pods in some clusters, and for Alibaba Cloud's metadata server."""

LINK_LOCAL = "169.254.0.0/16"
"""Cloud metadata servers (usually 169.254.169.254) and node-local DNS caches."""

WIRE_SERVER = "168.63.129.16/32"
"""Azure's WireServer, which gives nodes their configuration, with credentials. It is a public address."""

PROTOCOL_ASSIGNMENTS = "192.0.0.0/24"
"""IETF protocol assignments; Oracle Cloud has a metadata server at 192.0.0.192."""

UNIQUE_LOCAL_V6 = "fc00::/7"
LINK_LOCAL_V6 = "fe80::/10"

PRIVATE = (*RFC_1918, SHARED, UNIQUE_LOCAL_V6)
"""Networks of sites, which are not routed on the internet."""

UNUSABLE = {
    "unspecified": ("0.0.0.0/8",),
    "loopback": ("127.0.0.0/8", "::1/128"),
    "multicast": ("224.0.0.0/4", "ff00::/8"),
    "broadcast": ("255.255.255.255/32",),
}
"""Addresses that are no server of a network, by their name."""

NOT_PUBLIC = (
    "0.0.0.0/8",  # this host (RFC 791): Linux connects to itself
    *RFC_1918,
    SHARED,
    "127.0.0.0/8",
    LINK_LOCAL,
    WIRE_SERVER,
    PROTOCOL_ASSIGNMENTS,
    *("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"),  # documentation: some networks use them as private ones
    "192.88.99.0/24",  # former 6to4 relays
    "198.18.0.0/15",  # benchmarks (RFC 2544): some networks use it as a private one
    *("224.0.0.0/4", "240.0.0.0/4"),  # multicast and broadcast; reserved, and used as private by some networks
)
"""IPv4 addresses that can lead to something that is not on the public internet."""

GLOBAL_UNICAST_V6 = "2000::/3"
"""All public IPv6 addresses. Outside of it are loopback, mapped, local, multicast and reserved addresses."""

NOT_PUBLIC_V6 = (
    "2001::/23",  # IETF protocol assignments, among them Teredo, whose addresses contain IPv4 addresses
    "2001:db8::/32",  # documentation, as 3fff::/20
    "2002::/16",  # 6to4: addresses contain IPv4 addresses
    "3fff::/20",
)
"""The addresses in ``GLOBAL_UNICAST_V6`` that can lead to something that is not on the public internet."""

METADATA = (LINK_LOCAL, WIRE_SERVER, PROTOCOL_ASSIGNMENTS, "100.100.100.200/32")
"""Metadata servers of clouds, which return a node's credentials."""

METADATA_V6 = (
    LINK_LOCAL_V6,  # OpenStack
    "fd00:ec2::/32",  # AWS: ::254 for instances, ::23 for pods (EKS Pod Identity); also its DNS and time servers
    "fd20:ce::254/128",  # Google
    "fd00:c1::a9fe:a9fe/128",  # Oracle
    "fd00:42::42/128",  # Scaleway
    "fd00:a9fe:a9fe::1/128",  # Akamai: https://techdocs.akamai.com/cloud-computing/docs/metadata-service-api
    "fd00:100::100:200/128",  # Alibaba: https://github.com/canonical/cloud-init/pull/6893
)
"""Metadata servers of clouds; those that are not named here use the IPv4 address through NAT64."""

NAT64 = "64:ff9b::/96"
"""Prefix of IPv4 addresses in clusters that have IPv6 only; the last four bytes are the IPv4 address (RFC 6052)."""

LOCAL_NAT64 = "64:ff9b:1::/96"
"""The first prefix of 64:ff9b:1::/48, from which networks choose one that may lead to private addresses (RFC 8215)."""


def through_nat64(network: str, prefix: str = NAT64) -> str:
    """Return the IPv6 network by which a NAT64 gateway reaches an IPv4 network."""
    inner, outer = IPv4Network(network), IPv6Network(prefix)
    return str(IPv6Network((int(outer.network_address) + int(inner.network_address), 96 + inner.prefixlen)))


TRANSLATED_V6 = ("::/8", "2001::/32", "2002::/16")
"""IPv6 addresses that contain IPv4 addresses: NAT64, mapped and compatible addresses; Teredo; 6to4."""


class Block(NamedTuple):
    """A range of addresses without some parts of it, as an ``ipBlock`` of Kubernetes."""

    cidr: str
    excluded: tuple[str, ...] = ()


@functools.lru_cache(maxsize=32)  # the same few for every tenancy and rule
def public_blocks(cluster_cidrs: tuple[str, ...] = ()) -> tuple[Block, ...]:
    """Return the public internet, without the cluster's own public addresses."""
    own = [ip_network(each) for each in cluster_cidrs]
    v4 = (*NOT_PUBLIC, *(str(each) for each in own if each.version == 4))
    v6 = (*NOT_PUBLIC_V6, *(str(each) for each in own if each.version == 6))
    blocks = (
        Block("0.0.0.0/0", v4),
        Block(GLOBAL_UNICAST_V6, v6),
        Block(NAT64, (*(through_nat64(each) for each in v4), *v6)),
    )
    return tuple(Block(block.cidr, _parts(block)) for block in blocks)


def is_public(address: IPv4Address | IPv6Address, cluster_cidrs: tuple[str, ...] = ()) -> bool:
    """Return whether an address is on the public internet, and none of the cluster's own."""
    return not unreachable(Block(f"{address}/{address.max_prefixlen}"), public_blocks(cluster_cidrs))


@functools.lru_cache(maxsize=1)
def blocks_without_metadata() -> tuple[Block, ...]:
    """Return all addresses except those of metadata servers."""
    return blocks_of(("0.0.0.0/0", "::/0"))


def blocks_of(cidrs: Iterable[str]) -> tuple[Block, ...]:
    """Return the networks without the addresses of metadata servers."""
    translated = (through_nat64(each, prefix) for prefix in (NAT64, LOCAL_NAT64) for each in METADATA)
    metadata = (*METADATA, *METADATA_V6, *translated)
    return tuple(Block(each, _parts(Block(each, metadata))) for each in cidrs)


def contains(outer: Network, inner: Network) -> bool:
    """Return whether every address of ``inner`` is in ``outer``."""
    if outer.version != inner.version or outer.prefixlen > inner.prefixlen:
        return False
    return int(outer.network_address) <= int(inner.network_address) <= int(outer.broadcast_address)


def overlaps(one: Network, other: Network) -> bool:
    """Return whether the networks have an address in common."""
    return contains(one, other) or contains(other, one)


def unreachable(block: Block, permitted: Iterable[Block]) -> list[Network]:
    """Return the addresses of a block that no permitted block contains, as networks.

    Raises:
        ValueError: the block contains text that is not a network.
    """
    version, spans = _spans(block)
    left = list(spans)
    for other, removed in map(_spans, permitted):
        for span in removed if other == version else ():
            left = [part for piece in left for part in _remove(piece, span)]
    address = IPv4Address if version == 4 else IPv6Address
    return [network for first, last in left for network in summarize_address_range(address(first), address(last))]


def _parts(block: Block) -> tuple[str, ...]:
    """Return the exclusions that lie in the block, without repetitions: Kubernetes refuses others."""
    outer = ip_network(block.cidr)
    found = dict.fromkeys(each for each in block.excluded if contains(outer, ip_network(each)))
    networks = [ip_network(each) for each in found]
    return tuple(
        str(each) for each in networks if not any(other != each and contains(other, each) for other in networks)
    )


_Span = tuple[int, int]
"""The first and the last address of a range, as numbers."""


@functools.lru_cache(maxsize=256)  # every rule asks for the same permitted blocks
def _spans(block: Block) -> tuple[int, tuple[_Span, ...]]:
    """Return the IP version of a block, and the ranges that are left of it."""
    outer = ip_network(block.cidr, strict=False)
    left = [_span(outer)]
    for excluded in (ip_network(each, strict=False) for each in block.excluded):
        if excluded.version == outer.version:
            left = [part for piece in left for part in _remove(piece, _span(excluded))]
    return outer.version, tuple(left)


def _span(network: Network) -> _Span:
    return int(network.network_address), int(network.broadcast_address)


def _remove(piece: _Span, removed: _Span) -> list[_Span]:
    parts = (piece[0], min(piece[1], removed[0] - 1)), (max(piece[0], removed[1] + 1), piece[1])
    return [part for part in parts if part[0] <= part[1]]
