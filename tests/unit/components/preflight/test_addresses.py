"""The cluster's own addresses: users' pods must not reach those that are public."""

from collections.abc import Mapping
from typing import Any

import pytest

from components.cluster.addresses import API_SERVERS, PODS, ClusterAddress, ClusterAddresses, read_addresses
from components.cluster.errors import Refused
from components.cluster.pages import NODES
from components.preflight.addresses import (
    describe_open_addresses,
    describe_problems,
    describe_reached_addresses,
    find_closed_servers,
    suggest_networks,
)
from tests.support.tenancies import tenancy

PRIVATE = (
    ClusterAddress("node one", "10.0.0.5"),
    ClusterAddress("node one", "fd00::5"),
    ClusterAddress("pods of node one", "10.244.0.0/24"),
    ClusterAddress("API server", "192.168.3.1", (16443,)),
    ClusterAddress("node two", "host-without-address"),
)
V4, V6 = ClusterAddress("node one", "203.0.114.9"), ClusterAddress("node one", "2a05:d014:1:2::9")
PODS_V6 = ClusterAddress("pods of node one", "2a05:d014:1:2:3::/80")


class FakeApi:
    """Answers of an API server by path; None is a refusal."""

    server = "https://api.example.org"

    def __init__(self, answers: Mapping[str, Mapping[str, Any] | None]) -> None:
        self._answers = answers

    def get(self, path: str, accept: str = "application/json") -> Mapping[str, Any]:
        answer = self._answers.get(path, {"items": []})
        if answer is None:
            raise Refused(f"{self.server}: {path} is forbidden")
        return answer


def test_private_addresses_need_no_key() -> None:
    assert describe_open_addresses(ClusterAddresses(PRIVATE), None) is None


@pytest.mark.parametrize(
    ("address", "cidr"),
    [
        (V4, "203.0.114.9/32"),
        (V6, "2a05:d014:1:2::/64"),
        (PODS_V6, "2a05:d014:1:2::/64"),
        (ClusterAddress("pods of node one", "2a05:d014::/56"), "2a05:d014::/56"),
        (ClusterAddress("API server", "64:ff9b::203.0.114.9"), "64:ff9b::/64"),
    ],
)
def test_a_public_address_is_reported_with_the_key_to_add(address: ClusterAddress, cidr: str) -> None:
    message = describe_open_addresses(ClusterAddresses((*PRIVATE, address)), None)
    assert message is not None
    assert f"{address.owner} ({address.network})" in message
    assert message.endswith(f"pangeo:network.clusterCidrs: [{cidr}]")


def test_listed_networks_are_closed() -> None:
    found = ClusterAddresses((V4, V6, PODS_V6))
    assert describe_open_addresses(found, ("203.0.114.0/24", "2a05:d014:1::/48")) is None


def test_the_suggestion_keeps_the_listed_networks() -> None:
    message = describe_open_addresses(ClusterAddresses((V4, V6)), ("203.0.114.0/24",))
    assert message is not None
    assert message.endswith("[203.0.114.0/24, 2a05:d014:1:2::/64]")


def test_a_network_that_is_closed_in_part_only_is_reported() -> None:
    whole = ClusterAddress("pods of node one", "203.0.114.0/23")
    assert describe_open_addresses(ClusterAddresses((whole,)), ("203.0.114.0/24",)) is not None


def test_an_empty_list_accepts_public_addresses() -> None:
    assert describe_open_addresses(ClusterAddresses((V4, V6)), ()) is None


def test_many_nodes_are_summarised() -> None:
    nodes = tuple(ClusterAddress(f"node {number}", f"203.0.114.{number}") for number in range(8, 16))
    message = describe_open_addresses(ClusterAddresses(nodes), None)
    assert message is not None
    assert "and 3 more" in message
    assert message.endswith("[203.0.114.8/29]")
    assert suggest_networks(["2a05::1", "2a05::2"]) == ["2a05::/64"]


def test_addresses_of_nodes_pods_and_the_api_server_are_read() -> None:
    node = {
        "metadata": {"name": "one"},
        "spec": {"podCIDR": "10.244.0.0/24", "podCIDRs": ["10.244.0.0/24", "2a05:d014:1:2:3::/80"]},
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": "10.0.0.5"},
                {"type": "ExternalIP", "address": "203.0.114.9"},
                {"type": "Hostname", "address": "one"},
            ]
        },
    }
    pod = {"metadata": {"name": "dns", "namespace": "kube-system"}, "status": {"podIPs": [{"ip": "10.244.0.7"}]}}
    old_node = {"metadata": {"name": "two"}, "spec": {"podCIDR": "10.244.1.0/24"}}
    api = FakeApi(
        {
            NODES: {"items": [node], "metadata": {"continue": "more"}},
            f"{NODES}&continue=more": {"items": [old_node]},
            PODS: {"items": [pod, {"metadata": {"name": "new", "namespace": "kube-system"}}]},
            API_SERVERS: {
                "items": [
                    {"endpoints": [{"addresses": ["203.0.114.1"]}], "ports": [{"port": 8443}, {"name": "all"}]},
                    {"endpoints": [{"addresses": ["2a05::1"]}], "ports": None},
                    {"endpoints": None},
                ]
            },
        }
    )
    assert read_addresses(api) == ClusterAddresses(
        (
            ClusterAddress("node one", "10.0.0.5"),
            ClusterAddress("node one", "203.0.114.9"),
            ClusterAddress("pods of node one", "10.244.0.0/24"),
            ClusterAddress("pods of node one", "2a05:d014:1:2:3::/80"),
            ClusterAddress("pods of node two", "10.244.1.0/24"),
            ClusterAddress("pod kube-system/dns", "10.244.0.7"),
            ClusterAddress("API server", "203.0.114.1", (8443,)),
            ClusterAddress("API server", "2a05::1"),
        )
    )


def test_addresses_that_may_not_be_read_are_a_warning_without_the_key() -> None:
    found = read_addresses(FakeApi({NODES: None}))
    message = describe_problems(found, None)
    assert message is not None
    assert "/api/v1/nodes?limit=200 is forbidden" in message
    assert describe_problems(found, ()) is None
    assert describe_problems(ClusterAddresses(PRIVATE), None) is None


@pytest.mark.parametrize(
    ("entry", "reported", "closed"),
    [
        ({"cidrs": "10.20.0.0/16", "ports": "1-65535"}, "", ""),
        ({"cidrs": "10.0.0.0/16", "ports": 443}, "node one (10.0.0.5)", ""),
        ({"cidrs": "10.244.0.0/28", "ports": 443}, "pods of node one (10.244.0.0/24)", ""),
        ({"cidrs": "10.0.0.0/16", "ports": "10000-11000"}, "node one (10.0.0.5)", "port 10250 of node one (10.0.0.5)"),
        ({"cidrs": "10.0.0.5", "ports": 10250, "protocol": "udp"}, "node one (10.0.0.5)", ""),
        ({"cidrs": "192.168.0.0/16", "ports": 443}, "API server (192.168.3.1)", "port 443 of API server (192.168.3.1)"),
        (
            {"cidrs": "192.168.3.1", "ports": 16443},
            "API server (192.168.3.1)",
            "port 16443 of API server (192.168.3.1)",
        ),
        ({"cidrs": "192.168.3.1", "ports": 16443, "protocol": "udp"}, "API server (192.168.3.1)", ""),
        ({"cidrs": "192.168.3.1", "ports": 8443}, "API server (192.168.3.1)", ""),
        ({"cidrs": "fd00::/64", "ports": 22}, "node one (fd00::5)", ""),
    ],
    ids=str,
)
def test_an_entry_with_addresses_of_the_cluster_is_reported(entry: dict[str, Any], reported: str, closed: str) -> None:
    reach = tenancy(network={"reach": [{"name": "store", **entry}]}).network.reach
    messages = list(describe_reached_addresses(ClusterAddresses(PRIVATE), reach))
    assert len(messages) == bool(reported)
    assert all(
        f"store of pangeo:network.reach contains addresses of the cluster itself: {reported}" in each
        for each in messages
    )
    assert list(find_closed_servers(ClusterAddresses(PRIVATE), reach)) == ([(0, closed)] if closed else [])
