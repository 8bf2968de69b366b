"""The evaluator of network policies agrees with the examples in Kubernetes' documentation.

https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from typing import Any

import pytest

from tests.engine.charts.network_policies import Host, Network, Pod, matches

pytestmark = pytest.mark.engine

DB = Pod("db", {"role": "db"}, address="10.244.0.1")
FRONTEND = Pod("frontend", {"role": "frontend"}, address="10.244.0.2")
OTHER = Pod("other", {"role": "other"}, address="10.244.0.3")


def network(*specs: dict[str, Any], namespace: str = "default") -> Network:
    return Network.of([{"metadata": {"name": "test"}, "spec": spec} for spec in specs], namespace)


DOCUMENTED_EXAMPLE = network(
    {
        "podSelector": {"matchLabels": {"role": "db"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {
                "from": [
                    {"ipBlock": {"cidr": "172.17.0.0/16", "except": ["172.17.1.0/24"]}},
                    {"namespaceSelector": {"matchLabels": {"project": "myproject"}}},
                    {"podSelector": {"matchLabels": {"role": "frontend"}}},
                ],
                "ports": [{"protocol": "TCP", "port": 6379}],
            }
        ],
        "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/24"}}], "ports": [{"protocol": "TCP", "port": 5978}]}],
    }
)


@pytest.mark.parametrize(
    ("source", "port", "allowed"),
    [
        (FRONTEND, 6379, True),
        (FRONTEND, 6380, False),
        (OTHER, 6379, False),
        (Pod("in the project", {}, "elsewhere", namespace_labels={"project": "myproject"}), 6379, True),
        (Pod("frontend of another namespace", {"role": "frontend"}, "elsewhere"), 6379, False),
        (Host("in the block", "172.17.0.9"), 6379, True),
        (Host("first address of the block", "172.17.0.0"), 6379, True),
        (Host("in the exception", "172.17.1.9"), 6379, False),
        (Host("after the exception", "172.17.2.0"), 6379, True),
        (Host("beyond the block", "172.18.0.1"), 6379, False),
    ],
)
def test_documented_example_allows_these_connections_in(source: Pod | Host, port: int, allowed: bool) -> None:
    assert DOCUMENTED_EXAMPLE.allows(source, DB, port) is allowed


@pytest.mark.parametrize(
    ("address", "port", "allowed"),
    [("10.0.0.7", 5978, True), ("10.0.0.7", 5979, False), ("10.0.1.7", 5978, False)],
)
def test_documented_example_allows_these_connections_out(address: str, port: int, allowed: bool) -> None:
    assert DOCUMENTED_EXAMPLE.allows(DB, Host("target", address), port) is allowed


def test_protocols_are_distinguished() -> None:
    assert not DOCUMENTED_EXAMPLE.allows(FRONTEND, DB, 6379, "UDP")


def test_pod_without_a_policy_is_open() -> None:
    assert DOCUMENTED_EXAMPLE.allows(OTHER, FRONTEND, 1)


def test_default_deny_of_ingress_leaves_egress_open() -> None:
    closed = network({"podSelector": {}, "policyTypes": ["Ingress"]})
    assert not closed.allows(FRONTEND, DB, 80)
    assert closed.allows(DB, Host("internet", "1.1.1.1"), 443)


def test_empty_rule_allows_all_ingress() -> None:
    assert network({"podSelector": {}, "policyTypes": ["Ingress"]}, {"podSelector": {}, "ingress": [{}]}).allows(
        FRONTEND, DB, 80
    )


def test_default_deny_of_egress_leaves_ingress_open() -> None:
    closed = network({"podSelector": {}, "policyTypes": ["Egress"]})
    assert not closed.allows(DB, Host("internet", "1.1.1.1"), 443)
    assert closed.allows(Host("internet", "1.1.1.1"), DB, 443)


def test_default_policy_types_depend_on_the_rules() -> None:
    of_ingress = network({"podSelector": {}, "ingress": [{}]})
    assert of_ingress.allows(DB, Host("internet", "1.1.1.1"), 443)
    of_both = network({"podSelector": {}, "ingress": [{}], "egress": [{"ports": [{"port": 53}]}]})
    assert not of_both.allows(DB, Host("internet", "1.1.1.1"), 443)


def test_connection_needs_egress_and_ingress_rules() -> None:
    to_db = {
        "podSelector": {},
        "policyTypes": ["Egress"],
        "egress": [{"to": [{"podSelector": {"matchLabels": DB.labels}}]}],
    }
    db_closed = {"podSelector": {"matchLabels": DB.labels}, "policyTypes": ["Ingress"]}
    assert network(to_db).allows(FRONTEND, DB, 80)
    assert not network(to_db).allows(FRONTEND, OTHER, 80)
    assert not network(to_db, db_closed).allows(FRONTEND, DB, 80)


def test_policies_are_additive() -> None:
    closed = {"podSelector": {}, "policyTypes": ["Ingress"]}
    opened = {"podSelector": {}, "ingress": [{"from": [{"podSelector": {"matchLabels": FRONTEND.labels}}]}]}
    assert network(closed, opened).allows(FRONTEND, DB, 80)
    assert not network(closed, opened).allows(OTHER, DB, 80)


def test_selectors_of_one_peer_must_all_match() -> None:
    namespaces = {"namespaceSelector": {"matchLabels": {"user": "alice"}}}
    pods = {"podSelector": {"matchLabels": {"role": "client"}}}
    client = Pod("client", {"role": "client"}, "alices", namespace_labels={"user": "alice"})
    other_of_alice = Pod("other", {"role": "other"}, "alices", namespace_labels={"user": "alice"})
    local_client = Pod("local client", {"role": "client"})
    both = network({"podSelector": {}, "ingress": [{"from": [{**namespaces, **pods}]}]})
    either = network({"podSelector": {}, "ingress": [{"from": [namespaces, pods]}]})
    assert [both.allows(each, DB, 80) for each in (client, other_of_alice, local_client)] == [True, False, False]
    assert [either.allows(each, DB, 80) for each in (client, other_of_alice, local_client)] == [True, True, True]


def test_namespace_is_selected_by_its_name() -> None:
    system = {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}
    dns = network({"podSelector": {}, "egress": [{"to": [{"namespaceSelector": system}]}], "policyTypes": ["Egress"]})
    assert dns.allows(DB, Pod("dns", {}, "kube-system"), 53)
    assert not dns.allows(DB, Pod("dns", {}, "elsewhere"), 53)


def test_empty_pod_selector_matches_the_policys_namespace() -> None:
    own = network({"podSelector": {}, "ingress": [{"from": [{"podSelector": {}}]}]})
    assert own.allows(OTHER, DB, 80)
    assert not own.allows(Pod("other", {}, "elsewhere"), DB, 80)


def test_empty_namespace_selector_matches_all_pods() -> None:
    anywhere = network({"podSelector": {}, "ingress": [{"from": [{"namespaceSelector": {}}]}]})
    assert anywhere.allows(Pod("other", {}, "elsewhere"), DB, 80)
    assert not anywhere.allows(Host("no pod", "203.0.113.1"), DB, 80)


def test_policy_of_another_namespace_selects_no_pod() -> None:
    assert network({"podSelector": {}, "policyTypes": ["Ingress"]}, namespace="elsewhere").allows(FRONTEND, DB, 80)


def test_port_range_includes_both_ends() -> None:
    ranged = network(
        {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"ports": [{"port": 32000, "endPort": 32768}]}]}
    )
    allowed = [port for port in (31999, 32000, 32500, 32768, 32769) if ranged.allows(DB, Host("any", "10.0.0.1"), port)]
    assert allowed == [32000, 32500, 32768]


def test_named_port_is_resolved_by_the_target() -> None:
    named = network({"podSelector": {}, "ingress": [{"ports": [{"port": "http"}]}]})
    server = Pod("server", {}, ports={"http": 8081, "api": 8001})
    assert named.allows(FRONTEND, server, 8081)
    assert not named.allows(FRONTEND, server, 8001)
    assert not named.allows(FRONTEND, Pod("without names", {}), 8081)


def test_address_families_are_distinguished() -> None:
    v4 = network(
        {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]}
    )
    assert v4.allows(DB, Host("v4", "1.1.1.1"), 443)
    assert not v4.allows(DB, Host("v6", "2606:4700::1111"), 443)


def test_ip_block_matches_pods_only_if_the_plugin_does() -> None:
    spec = {
        "podSelector": {},
        "policyTypes": ["Egress"],
        "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}],
    }
    policies = [{"metadata": {"name": "test"}, "spec": spec}]
    host = Host("same network", "10.1.2.3")
    assert Network.of(policies).allows(DB, FRONTEND, 80)
    assert not Network.of(policies, blocks_match_pods=False).allows(DB, FRONTEND, 80)
    assert Network.of(policies, blocks_match_pods=False).allows(DB, host, 80)


@pytest.mark.parametrize(
    ("expression", "labels", "matched"),
    [
        ({"key": "tier", "operator": "In", "values": ["a", "b"]}, {"tier": "a"}, True),
        ({"key": "tier", "operator": "In", "values": ["a", "b"]}, {}, False),
        ({"key": "tier", "operator": "NotIn", "values": ["a"]}, {"tier": "a"}, False),
        ({"key": "tier", "operator": "NotIn", "values": ["a"]}, {}, True),
        ({"key": "tier", "operator": "Exists"}, {"tier": ""}, True),
        ({"key": "tier", "operator": "DoesNotExist"}, {"tier": ""}, False),
    ],
)
def test_label_expressions(expression: dict[str, Any], labels: dict[str, str], matched: bool) -> None:
    assert matches({"matchExpressions": [expression]}, labels) is matched
