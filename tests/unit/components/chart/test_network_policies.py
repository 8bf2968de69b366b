"""Egress rules of the network policies."""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from components.chart.network_policies import (
    Rule,
    allow_all_but_metadata,
    allow_internet,
    allow_reach,
    network_policy,
)
from components.chart.values import chart_values
from tests.support.tenancies import tenancy


def reaches(rule: Rule, address: str) -> bool:
    """Whether a block of the rule contains the address and no exception does."""
    target = ip_address(address)
    return any(
        target in ip_network(block["cidr"]) and not any(target in ip_network(but) for but in block.get("except", []))
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


def all_policies(**network: Any) -> list[list[Rule]]:
    """Return the egress rules of hub, proxy, notebooks, users' Dask pods and the gateway."""
    values = chart_values(tenancy(network=network))
    hub = values["jupyterhub"]
    parts = (hub["hub"], hub["proxy"]["chp"], hub["singleuser"])
    return [*(part["networkPolicy"]["egress"] for part in parts), *values["dask"]["egress"].values()]


def test_dns_pods_may_have_another_namespace_and_other_ports() -> None:
    pods = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "openshift-dns"}}}
    further = [{"port": port, "protocol": protocol} for port in (5353, 8053) for protocol in ("UDP", "TCP")]
    before = all_policies()
    found = all_policies(dns={"namespace": "openshift-dns", "ports": [53, 5353, 8053]})
    for rules, old in zip(found, before, strict=True):
        assert rules[0] == {**old[0], "to": [pods, *old[0]["to"][1:]]}
        assert rules[1] == {"to": [pods], "ports": further}
        assert rules[2:] == old[1:]


def test_chart_rules_are_off() -> None:
    policy = network_policy(allow_internet())
    assert set(policy["egressAllowRules"].values()) == {False}
    assert policy["egress"] == [allow_internet()]


STORE = {"name": "store", "cidrs": ["10.20.0.0/16", "fd12:3456::/48"], "ports": [443, "8080-8090"]}
SYSLOG = {"name": "syslog", "cidrs": "192.168.0.7", "ports": 514, "protocol": "udp", "for": "dask"}


def test_reach_adds_a_rule_for_each_entry_of_the_pods() -> None:
    values = chart_values(tenancy(network={"reach": [STORE, SYSLOG]}))
    store = {
        "to": [{"ipBlock": {"cidr": "10.20.0.0/16"}}, {"ipBlock": {"cidr": "fd12:3456::/48"}}],
        "ports": [{"port": 443, "protocol": "TCP"}, {"port": 8080, "endPort": 8090, "protocol": "TCP"}],
    }
    syslog = {"to": [{"ipBlock": {"cidr": "192.168.0.7/32"}}], "ports": [{"port": 514, "protocol": "UDP"}]}
    notebooks = values["jupyterhub"]["singleuser"]["networkPolicy"]["egress"]
    assert [rule for rule in (store, syslog) if rule in notebooks] == [store]
    assert values["dask"]["egress"]["users"][2:] == [store, syslog]
    assert values["jupyterhub"]["hub"]["networkPolicy"] == chart_values(tenancy())["jupyterhub"]["hub"]["networkPolicy"]


@pytest.mark.parametrize(
    ("cidr", "server", "metadata"),
    [
        ("100.64.0.0/10", "100.64.0.1", ["100.100.100.200"]),
        ("fd00::/20", "fd00:1::1", ["fd00:ec2::254", "fd00:c1::a9fe:a9fe", "fd00:42::42", "fd00:100::100:200"]),
        ("168.63.0.0/16", "168.63.1.1", ["168.63.129.16"]),
        ("169.0.0.0/8", "169.1.1.1", ["169.254.169.254"]),
    ],
)
def test_reach_leaves_out_metadata_servers(cidr: str, server: str, metadata: list[str]) -> None:
    own = tenancy(network={"clusterCidrs": [cidr], "reach": [{"name": "wide", "cidrs": cidr, "ports": "1-65535"}]})
    (rule,) = allow_reach(own.network.reach, "notebooks")
    assert reaches(rule, server)
    assert [address for address in metadata if reaches(rule, address)] == []
