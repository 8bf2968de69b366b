"""Ranges of addresses: every special-purpose address is no public one."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.address_ranges import (
    METADATA,
    NOT_PUBLIC,
    Block,
    blocks_without_metadata,
    public_blocks,
    through_nat64,
    unreachable,
)

PUBLIC = ("1.1.1.1", "192.171.139.83", "172.32.0.1", "168.63.129.15", "2606:4700::1111", "64:ff9b::101:101")

SPECIAL = (
    *("0.0.0.1", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "168.63.129.16", "169.254.169.254"),
    *("172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1"),
    *("198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::7f00:1", "::10.0.0.1", "::ffff:10.0.0.1", "::ffff:0:10.0.0.1", "100::1", "5f00::1", "fec0::1"),
    *("fc00::1", "fd00:ec2::254", "fd20:ce::254", "fe80::a9fe:a9fe", "ff02::1", "4000::1", "8000::1", "e000::1"),
    *("2001::1", "2001:0:a00:1::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:a00:1::1", "3fff::1"),
    *("64:ff9b::10.0.0.1", "64:ff9b::168.63.129.16", "64:ff9b::198.18.0.1", "64:ff9b::169.254.169.254"),
    *("64:ff9b:1::10.0.0.1", "64:ff9b:1::1.1.1.1", "64:ff9b:1:ffff::1", "64:ff9b:0:1::1"),
)


def is_in(address: str | IPv4Address | IPv6Address, blocks: tuple[Block, ...]) -> bool:
    target = ip_address(address)
    return any(
        target in ip_network(block.cidr) and not any(target in ip_network(each) for each in block.excluded)
        for block in blocks
    )


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_in(address, public_blocks())


@pytest.mark.parametrize("address", SPECIAL)
def test_special_purpose_addresses_are_not_public(address: str) -> None:
    assert not is_in(address, public_blocks())


@given(st.ip_addresses())
def test_addresses_that_are_not_globally_reachable_are_not_public(address: IPv4Address | IPv6Address) -> None:
    """Python has IANA's registries, too."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert not is_in(address, public_blocks()) or address in ip_network("64:ff9b::/96")


@given(st.ip_addresses(v=4))
def test_nat64_leads_to_the_same_ipv4_addresses(address: IPv4Address) -> None:
    translated = ip_network(through_nat64(f"{address}/32")).network_address
    assert is_in(translated, public_blocks()) == is_in(address, public_blocks())
    assert is_in(translated, blocks_without_metadata()) == is_in(address, blocks_without_metadata())


@pytest.mark.parametrize("address", ["203.0.114.9", "2a05:d014::9", "64:ff9b::203.0.114.9"])
def test_the_clusters_own_addresses_are_not_public(address: str) -> None:
    assert is_in(address, public_blocks())
    own = ("203.0.114.0/24", "2a05:d014::/64", "10.0.0.0/16", "fd00::/8")
    assert not is_in(address, public_blocks(own))


@pytest.mark.parametrize(
    "own", [(), ("203.0.114.0/24",), ("10.1.0.0/16", "2001:db8:1::/48"), ("2a05::/20", "64:ff9b::cb00:7200/120")]
)
def test_exclusions_are_parts_of_their_block_and_not_of_each_other(own: tuple[str, ...]) -> None:
    """Kubernetes refuses an ``except`` outside of the ``cidr``."""
    for block in (*public_blocks(own), *blocks_without_metadata()):
        outer, excluded = ip_network(block.cidr), [ip_network(each) for each in block.excluded]
        assert all(each.prefixlen > outer.prefixlen and each.network_address in outer for each in excluded)
        assert not any(one != other and one.network_address in other for one in excluded for other in excluded)


@pytest.mark.parametrize(
    "address",
    [
        *("169.254.169.254", "168.63.129.16", "192.0.0.192", "100.100.100.200", "fe80::a9fe:a9fe", "fd00:ec2::254"),
        *("fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a9fe:a9fe"),
        *("64:ff9b::168.63.129.16", "64:ff9b::100.100.100.200"),
        *("fd00:ec2::23", "fd00:a9fe:a9fe::1", "fd00:100::100:200"),
    ],
)
def test_metadata_servers_are_excluded(address: str) -> None:
    assert not is_in(address, blocks_without_metadata())


@pytest.mark.parametrize("address", ["10.0.0.1", "100.64.0.1", "198.18.0.1", "2001:db8::17", "fd12:3456::1", *PUBLIC])
def test_the_directory_may_have_any_other_address(address: str) -> None:
    assert is_in(address, blocks_without_metadata())


def test_ipv4_network_is_mapped_to_nat64() -> None:
    assert through_nat64("169.254.0.0/16") == "64:ff9b::a9fe:0/112"


@pytest.mark.parametrize(
    ("block", "left"),
    [
        (Block("8.8.8.0/24"), []),
        (Block("10.1.2.3/32"), ["10.1.2.3/32"]),
        (Block("10.0.0.0/8", ("10.0.0.0/9",)), ["10.128.0.0/9"]),
        (Block("10.0.0.0/9", ("10.0.0.0/8",)), []),
        (Block("0.0.0.0/0", NOT_PUBLIC), []),
        (Block("169.254.0.0/15", ("169.254.169.254/32",)), ["169.254.0.0/17", "169.254.128.0/19"]),
        (Block("64:ff9b::/96", ("64:ff9b::a00:0/104",)), ["64:ff9b::/104"]),
        (Block("::ffff:0:0/96"), ["::ffff:0:0/96"]),
        (Block("::/0", ("fc00::/7",)), ["::/10"]),
    ],
)
def test_unreachable_parts_of_a_block_are_found(block: Block, left: list[str]) -> None:
    found = [str(each) for each in unreachable(block, public_blocks())]
    assert found[: len(left)] == left
    assert bool(found) == bool(left)


@given(st.ip_addresses(), st.integers(0, 128))
def test_unreachable_parts_and_permitted_ones_exclude_each_other(
    address: IPv4Address | IPv6Address, length: int
) -> None:
    network = ip_network((int(address), min(length, address.max_prefixlen)), strict=False)
    if network.version != address.version:
        return
    left = unreachable(Block(str(network)), public_blocks())
    assert is_in(address, public_blocks()) != any(address in each for each in left)


def test_every_ipv4_metadata_server_is_not_public_either() -> None:
    for each in METADATA:
        assert [str(part) for part in unreachable(Block(each), public_blocks())] == [each]
