"""Egress rules of the network policies."""

from ipaddress import ip_address, ip_network

import pytest

from components.chart.network_policies import (
    Rule,
    allow_all_but_metadata,
    allow_internet,
    network_policy,
)


def reaches(rule: Rule, address: str) -> bool:
    """Whether a block of the rule contains the address and no exception does."""
    target = ip_address(address)
    return any(
        target in ip_network(block["cidr"]) and not any(target in ip_network(but) for but in block["except"])
        for block in (peer["ipBlock"] for peer in rule["to"])
    )


def test_internet_rule_allows_public_addresses_only() -> None:
    assert reaches(allow_internet(), "192.171.139.83")
    assert reaches(allow_internet(), "2606:4700::1111")
    assert not reaches(allow_internet(), "10.0.0.1")
    assert not reaches(allow_internet(), "fd00::1")


@pytest.mark.parametrize("address", ["203.0.114.9", "2a05:d014::9"])
def test_internet_rule_leaves_out_the_clusters_own_addresses(address: str) -> None:
    assert reaches(allow_internet(), address)
    assert not reaches(allow_internet(("203.0.114.0/24", "2a05:d014::/64")), address)


def test_directory_and_api_server_may_have_any_address_but_metadata_servers() -> None:
    assert reaches(allow_all_but_metadata(), "10.0.0.1")
    assert reaches(allow_all_but_metadata(), "fd12:3456::1")
    assert not reaches(allow_all_but_metadata(), "169.254.169.254")
    assert not reaches(allow_all_but_metadata(), "168.63.129.16")


def test_chart_rules_are_off() -> None:
    policy = network_policy(allow_internet())
    assert set(policy["egressAllowRules"].values()) == {False}
    assert policy["egress"] == [allow_internet()]
