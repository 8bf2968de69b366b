"""Whom pods may reach beyond the pods they work with."""

from ipaddress import ip_address, ip_network

import pytest

from components.chart.network_policies import Rule, anywhere_but_metadata, own_rules, public_internet, through_nat64


def reaches(rule: Rule, address: str) -> bool:
    """Whether an address is in one of the rule's blocks and none of its exceptions; ipaddress tells families apart."""
    target = ip_address(address)
    return any(
        target in ip_network(block["cidr"]) and not any(target in ip_network(but) for but in block["except"])
        for block in (peer["ipBlock"] for peer in rule["to"])
    )


@pytest.mark.parametrize("address", ["1.1.1.1", "192.171.139.83", "172.32.0.1", "2606:4700::1111", "64:ff9b::101:101"])
def test_the_public_internet_is_every_public_address_of_both_families(address: str) -> None:
    assert reaches(public_internet(), address)


@pytest.mark.parametrize(
    "address",
    [
        *("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.100.100.200"),
        *("169.254.169.254", "169.254.20.10", "fd00::1", "fd00:ec2::254", "fd20:ce::254", "fe80::1"),
        *("64:ff9b::a00:1", "64:ff9b::a9fe:a9fe"),
    ],
)
def test_no_private_address_and_no_metadata_server_is_of_the_public_internet(address: str) -> None:
    assert not reaches(public_internet(), address)


@pytest.mark.parametrize("address", ["10.0.0.1", "192.0.2.7", "2001:db8::17", "fd12:3456::1"])
def test_the_directory_and_the_kubernetes_api_are_reached_at_any_address(address: str) -> None:
    assert reaches(anywhere_but_metadata(), address)


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fd00:ec2::254", "fd20:ce::254", "fe80::1", "64:ff9b::a9fe:a9fe"]
)
def test_metadata_servers_are_never_reached(address: str) -> None:
    assert not reaches(anywhere_but_metadata(), address)


def test_an_ipv4_network_has_its_place_behind_nat64() -> None:
    assert through_nat64("169.254.0.0/16") == "64:ff9b::a9fe:0/112"


def test_the_charts_own_rules_are_all_off_where_ours_are_given() -> None:
    policy = own_rules(public_internet())
    assert set(policy["egressAllowRules"].values()) == {False}
    assert policy["egress"] == [public_internet()]
