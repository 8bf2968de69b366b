"""Egress rules of the network policies."""

from ipaddress import ip_address, ip_network

import pytest

from components.chart.network_policies import (
    Rule,
    allow_all_but_metadata,
    allow_internet,
    network_policy,
    through_nat64,
)


def reaches(rule: Rule, address: str) -> bool:
    """Whether a block of the rule contains the address and no exception does."""
    target = ip_address(address)
    return any(
        target in ip_network(block["cidr"]) and not any(target in ip_network(but) for but in block["except"])
        for block in (peer["ipBlock"] for peer in rule["to"])
    )


@pytest.mark.parametrize("address", ["1.1.1.1", "192.171.139.83", "172.32.0.1", "2606:4700::1111", "64:ff9b::101:101"])
def test_internet_rule_allows_public_addresses(address: str) -> None:
    assert reaches(allow_internet(), address)


@pytest.mark.parametrize(
    "address",
    [
        *("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.100.100.200"),
        *("169.254.169.254", "169.254.20.10", "fd00::1", "fd00:ec2::254", "fd20:ce::254", "fe80::1"),
        *("64:ff9b::a00:1", "64:ff9b::a9fe:a9fe"),
    ],
)
def test_internet_rule_allows_no_private_address(address: str) -> None:
    assert not reaches(allow_internet(), address)


@pytest.mark.parametrize("address", ["10.0.0.1", "192.0.2.7", "2001:db8::17", "fd12:3456::1"])
def test_directory_and_api_server_may_have_any_address(address: str) -> None:
    assert reaches(allow_all_but_metadata(), address)


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fd00:ec2::254", "fd20:ce::254", "fe80::1", "64:ff9b::a9fe:a9fe"]
)
def test_metadata_servers_are_never_allowed(address: str) -> None:
    assert not reaches(allow_all_but_metadata(), address)


def test_ipv4_network_is_mapped_to_nat64() -> None:
    assert through_nat64("169.254.0.0/16") == "64:ff9b::a9fe:0/112"


def test_chart_rules_are_off() -> None:
    policy = network_policy(allow_internet())
    assert set(policy["egressAllowRules"].values()) == {False}
    assert policy["egress"] == [allow_internet()]
