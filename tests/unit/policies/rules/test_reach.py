"""The pods and addresses that each part of a hub can reach, and the pods that can reach it."""

from typing import Any

import pytest

from components.address_ranges import METADATA, NOT_PUBLIC, NOT_PUBLIC_V6, through_nat64
from tests.unit.policies import declared
from tests.unit.policies.declared import REMOVED

RULE = "network-policies"
PARTS = ("hub", "proxy__chp", "singleuser")
DNS = [{"port": 53, "protocol": "UDP"}]
SYSTEM = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}


def check(**changes: Any) -> list[str]:
    return declared.check(RULE, declared.release(**changes)).messages


def check_users(rule: dict[str, Any]) -> list[str]:
    """Check the rule in notebooks' policy and in that of Dask's pods, which have the same requirements."""
    notebooks = declared.release(singleuser__networkPolicy__egress=[rule])
    dask = declared.release_with(values__dask__egress__users=[rule])
    of_notebooks, of_dask = (declared.check(RULE, each).messages for each in (notebooks, dask))
    assert [each.partition("]")[2] for each in of_notebooks] == [each.partition("]")[2] for each in of_dask]
    return of_notebooks


def block(cidr: str, *excluded: str, **more: Any) -> dict[str, Any]:
    return {"to": [{"ipBlock": {"cidr": cidr, **({"except": list(excluded)} if excluded else {})}}], **more}


@pytest.mark.parametrize("part", [*PARTS, "proxy__traefik"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"enabled": False}, "enabled is false"),
        ({"interNamespaceAccessLabels": "accept"}, "other tenancies' pods could connect"),
        ({"ingress": [{}]}, "ingress adds rules"),
        ({"ingress": [{"from": [{"podSelector": {}}]}]}, "ingress adds rules"),
        ({"allowedIngressPorts": [8081, 9000]}, "allowedIngressPorts contains 8081"),
        ({"allowedIngressPorts": ["api"]}, "allowedIngressPorts contains api"),
    ],
)
def test_no_further_pod_can_connect(part: str, change: dict[str, Any], message: str) -> None:
    (found,) = check(**{f"{part}__networkPolicy__{key}": value for key, value in change.items()})
    assert found.startswith(f"{part.replace('__', '.')}.networkPolicy.")
    assert message in found


def test_the_proxys_public_ports_are_open() -> None:
    assert check(proxy__chp__networkPolicy__allowedIngressPorts=["http", "https"]) == []
    assert check(hub__networkPolicy__allowedIngressPorts=["http"]) != []


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", ["cloudMetadataServer", "privateIPs", "nonPrivateIPs", "dnsPortsPrivateIPs"])
def test_the_chart_adds_no_rule_of_its_own(part: str, name: str) -> None:
    where = f"{part}__networkPolicy__egressAllowRules__{name}"
    (message,) = check(**{where: True})
    assert f"egressAllowRules.{name} is not false" in message


@pytest.mark.parametrize("network", [*NOT_PUBLIC, *NOT_PUBLIC_V6, *(through_nat64(each) for each in NOT_PUBLIC)])
def test_users_reach_no_special_network(network: str) -> None:
    (message,) = check_users(block(network))
    assert message == f"singleuser.networkPolicy.egress[0] allows connections to {network}"
    assert check_users(block(network, ports=[{"port": 443}])) == [message]


@pytest.mark.parametrize(
    ("rule", "refused"),
    [
        ({}, "allows every destination"),
        ({"to": []}, "allows every destination"),
        ({"ports": DNS}, "allows every destination"),
        (block("0.0.0.0/0"), "0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10"),
        (block("::/0"), "::/10"),
        (block("::/0", "fc00::/7", "fe80::/10"), "::/10"),
        (block("0.0.0.0/1"), "10.0.0.0/8"),
        (block("168.63.128.0/20"), "168.63.129.16/32"),
        (block("10.1.2.3/32"), "10.1.2.3/32"),
        (block("10.0.0.0/8", "10.0.0.0/9"), "10.128.0.0/9"),
        (block("10.0.0.0/9", "10.0.0.0/8"), ""),
        (block("8.8.8.0/24"), ""),
        (block("2606:4700::/32"), ""),
        (block("64:ff9b:1::/48"), "64:ff9b:1::/48"),
        (block("::ffff:10.0.0.0/104"), "to ::ffff:"),
        (block("169.254.169.254/32", ports=[{"port": 80}]), "169.254.169.254/32"),
        (block("somewhere"), "is not a network"),
        (block("8.8.8.0/24", "nowhere"), "is not a network"),
        ({"to": [{"podSelector": {"matchLabels": {"a": "b"}}}]}, ""),
        ({"to": [{"namespaceSelector": {}}]}, "pods of other namespaces"),
        ({"to": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"a": "b"}}}]}, "pods of other namespaces"),
        ({"to": [SYSTEM]}, "pods of other namespaces"),
        ({"to": [{}]}, "of an unknown form"),
    ],
)
def test_an_egress_rule_of_users_pods_is_specific(rule: dict[str, Any], refused: str) -> None:
    found = check_users(rule)
    assert len(found) == bool(refused)
    assert all(refused in message for message in found)


@pytest.mark.parametrize("server", ["10.0.0.0/8", "192.168.0.10/32", "169.254.20.10/32", "fd00::a/128"])
def test_dns_servers_may_be_private(server: str) -> None:
    assert check_users(block(server, ports=DNS)) == []
    assert check_users({"to": [SYSTEM], "ports": DNS}) == []


@pytest.mark.parametrize(
    "rule",
    [
        block("0.0.0.0/0", ports=DNS),
        block("::/0", ports=DNS),
        block("168.63.129.16/32", ports=DNS),
        block("198.18.0.0/15", ports=DNS),
        block("10.0.0.0/8", ports=[*DNS, {"port": 443}]),
        block("10.0.0.0/8", ports=[{"port": 53, "endPort": 80}]),
        block("10.0.0.0/8", ports=[{"protocol": "TCP"}]),
        {"to": [{"namespaceSelector": {}}], "ports": DNS},
        {"to": [{"namespaceSelector": {"matchLabels": {"a": "b"}}}], "ports": DNS},
    ],
)
def test_port_53_opens_no_other_destination(rule: dict[str, Any]) -> None:
    assert len(check_users(rule)) == 1


@pytest.mark.parametrize("cidr", ["203.0.114.9/32", "2a05:d014::/64", through_nat64("203.0.114.0/24")])
def test_users_do_not_reach_the_clusters_own_public_addresses(cidr: str) -> None:
    assert check_users(block(cidr)) == []
    stack = declared.config(network={"clusterCidrs": ["203.0.114.0/24", "2a05:d014::/64"]})
    found = declared.check(RULE, declared.release(singleuser__networkPolicy__egress=[block(cidr)]), stack=stack)
    assert f"singleuser.networkPolicy.egress[0] allows connections to {cidr}" in found.messages


@pytest.mark.parametrize("network", [*METADATA, "fd00:ec2::254/128", "fe80::/10", "64:ff9b::a9fe:a9fe/128"])
def test_no_pod_reaches_a_metadata_server(network: str) -> None:
    rule = block(network)
    for part in PARTS:
        assert len(check(**{f"{part}__networkPolicy__egress": [rule]})) == 1
    assert len(declared.check(RULE, declared.release_with(values__dask__egress__gateway=[rule])).messages) == 1


def test_hub_and_gateway_reach_private_addresses() -> None:
    private, everywhere = block("10.0.0.0/8"), block("0.0.0.0/0")
    assert check(hub__networkPolicy__egress=[private]) == []
    (message,) = check(hub__networkPolicy__egress=[private, everywhere])
    assert message == (
        "hub.networkPolicy.egress[1] allows connections to 100.100.100.200/32, 168.63.129.16/32, 169.254.0.0/16, "
        "192.0.0.0/24"
    )


def test_a_missing_rule_of_the_chart_is_the_charts_default() -> None:
    where = "networkPolicy__egressAllowRules__cloudMetadataServer"
    assert len(check(**{f"hub__{where}": REMOVED})) == 1
    assert check(**{f"singleuser__{where}": REMOVED}) == []


STORE = {"name": "store", "cidrs": ["10.20.0.0/16"], "ports": [443, "8080-8090"], "for": "notebooks"}


@pytest.mark.parametrize(
    ("rule", "permitted"),
    [
        (block("10.20.0.0/16", ports=[{"port": 443, "protocol": "TCP"}]), True),
        (block("10.20.3.0/24", ports=[{"port": 443}, {"port": 8081, "endPort": 8090}]), True),
        (block("10.20.0.0/16", ports=[{"port": 443, "protocol": "UDP"}]), False),
        (block("10.20.0.0/16", ports=[{"port": 444}]), False),
        (block("10.20.0.0/16", ports=[{"port": 443}, {"port": 22}]), False),
        (block("10.20.0.0/16", ports=[{"port": 8080, "endPort": 8091}]), False),
        (block("10.20.0.0/16", ports=[{"port": "https"}]), False),
        (block("10.20.0.0/16", ports=[{"protocol": "TCP"}]), False),
        (block("10.20.0.0/16"), False),
        (block("10.20.0.0/15", ports=[{"port": 443}]), False),
        (block("10.21.0.0/16", ports=[{"port": 443}]), False),
    ],
)
def test_reach_permits_exactly_its_networks_and_ports(rule: dict[str, Any], permitted: bool) -> None:
    stack = declared.config(network={"reach": [STORE]})
    notebooks = declared.check(RULE, declared.release(singleuser__networkPolicy__egress=[rule]), stack=stack)
    assert (notebooks.messages == []) == permitted
    dask = declared.check(RULE, declared.release_with(values__dask__egress__users=[rule]), stack=stack)
    assert len(dask.messages) == 1, "the entry is for notebooks only"


def test_reach_never_permits_metadata_servers() -> None:
    wide = {"name": "wide", "cidrs": ["100.64.0.0/10"], "ports": "1-65535"}
    stack = declared.config(network={"reach": [wide]})
    for cidr in ("100.64.0.0/10", "100.100.100.200/32"):
        rule = block(cidr, ports=[{"port": 80}])
        (message,) = declared.check(
            RULE, declared.release(singleuser__networkPolicy__egress=[rule]), stack=stack
        ).messages
        assert message.endswith("allows connections to 100.100.100.200/32")


OPENSHIFT = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "openshift-dns"}}}


@pytest.mark.parametrize(
    ("rule", "permitted"),
    [
        ({"to": [OPENSHIFT], "ports": DNS}, True),
        ({"to": [OPENSHIFT], "ports": [{"port": 5353, "protocol": "UDP"}, {"port": 5353}]}, True),
        ({"to": [OPENSHIFT], "ports": [{"port": 8053}]}, False),
        ({"to": [OPENSHIFT], "ports": [{"port": 5353, "endPort": 5354}]}, False),
        ({"to": [OPENSHIFT]}, False),
        ({"to": [SYSTEM], "ports": DNS}, False),
        (block("10.0.0.0/8", ports=DNS), True),
        (block("10.0.0.0/8", ports=[{"port": 5353}]), False),
        (block("169.254.169.254/32", ports=[{"port": 5353}]), False),
    ],
)
def test_other_dns_ports_lead_to_the_dns_pods_only(rule: dict[str, Any], permitted: bool) -> None:
    stack = declared.config(network={"dns": {"namespace": "openshift-dns", "ports": [53, 5353]}})
    found = declared.check(RULE, declared.release(singleuser__networkPolicy__egress=[rule]), stack=stack).messages
    own = [each for each in found if each.startswith("singleuser.")]
    assert (own == []) == permitted
