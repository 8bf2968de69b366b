"""The list ``network.reach``: private networks in any spelling, and mistakes that are all reported at once."""

from typing import Any

import pytest

from components.config.reach import PortRange
from tests.support.tenancies import problem, problems, tenancy

STORE: dict[str, Any] = {"name": "store", "cidrs": ["10.20.0.0/16"], "ports": [443]}


def reach(*entries: dict[str, Any], **network: Any) -> dict[str, Any]:
    """Return the setting ``network`` with these entries, which are completed by those of ``STORE``."""
    return {"network": {**network, "reach": [{**STORE, **entry} for entry in entries]}}


def test_a_single_network_and_port_need_no_list() -> None:
    (entry,) = tenancy(**reach({"cidrs": "10.20.0.7", "ports": 443, "for": "dask"})).network.reach
    assert (entry.cidrs, entry.ports, entry.scopes) == (("10.20.0.7/32",), ("443",), ("dask",))


def test_notebooks_and_dask_connect_by_tcp_by_default() -> None:
    (entry,) = tenancy(**reach({"ports": [22, "8080 - 8090"]})).network.reach
    assert (entry.scopes, entry.protocol) == (("notebooks", "dask"), "tcp")
    assert entry.port_ranges == (PortRange(22, 22), PortRange(8080, 8090))


@pytest.mark.parametrize(
    ("cidr", "message"),
    [
        ("0.0.0.0/0", "is too large"),
        ("::/0", "is too large"),
        ("10.0.0.0/7", "is too large"),
        ("fc00::/7", "is too large"),
        ("10.20.0.1/16", "has an address within the network; write 10.20.0.0/16"),
        ("store.example.org", "is not a network; write for example 10.20.0.0/16"),
        ("::ffff:10.20.0.0/112", "is an IPv4-mapped IPv6 network; write the IPv4 network"),
        ("64:ff9b::a14:0/112", "contains IPv4 addresses in another form"),
        ("2002:a14::/32", "contains IPv4 addresses in another form"),
        ("127.0.0.1", "contains loopback addresses"),
        ("::1", "contains loopback addresses"),
        ("239.1.0.0/16", "contains multicast addresses"),
        ("ff02::/32", "contains multicast addresses"),
        ("0.0.0.0/8", "contains unspecified addresses"),
        ("169.254.169.254", "belongs to the clouds' metadata servers, which no pod may reach"),
        ("169.254.0.0/16", "belongs to the clouds' metadata servers"),
        ("168.63.129.16", "belongs to the clouds' metadata servers"),
        ("100.100.100.200", "belongs to the clouds' metadata servers"),
        ("192.0.0.192", "belongs to the clouds' metadata servers"),
        ("fd00:ec2::254", "belongs to the clouds' metadata servers"),
        ("fd00:ec2::23", "belongs to the clouds' metadata servers"),
        ("fd00:a9fe:a9fe::1", "belongs to the clouds' metadata servers"),
        ("fd00:100::100:200", "belongs to the clouds' metadata servers"),
        ("fd12::1%eth0", "has a zone after %; write the network without it"),
        ("fe80::/64", "belongs to the clouds' metadata servers"),
        ("192.171.139.0/24", "is not in a private network"),
        ("2606:4700::/32", "is not in a private network"),
        ("10.0.0.0/8", ""),
        ("100.64.0.0/10", ""),
        ("fd00::/20", ""),
    ],
)
def test_only_limited_private_networks_are_accepted(cidr: str, message: str) -> None:
    found = problems(**reach({"cidrs": [cidr]}))
    assert len(found) == bool(message)
    for each in found:
        assert (each.key, each.value) == ("pangeo:network.reach[0].cidrs[0]", cidr)
        assert message in each.message


def test_addresses_of_the_cluster_itself_may_be_reached() -> None:
    assert problems(**reach({"cidrs": "203.0.114.7"}, clusterCidrs=["203.0.114.0/24"])) == []
    assert (
        "not in a private network"
        in problem(**reach({"cidrs": "203.0.115.7"}, clusterCidrs=["203.0.114.0/24"])).message
    )


@pytest.mark.parametrize(
    ("ports", "message"),
    [
        (0, "write numbers from 1 to 65535"),
        (65536, "write numbers from 1 to 65535"),
        ("443-70000", "write numbers from 1 to 65535"),
        ("8090-8080", 'is a range from the larger port; write "8080-8090"'),
        ("https", "is not a port; write for example 443"),
        ("-1", "is not a port"),
        (True, "is not a port"),
        (443.5, "is not a port"),
    ],
)
def test_ports_are_numbers_or_ranges(ports: object, message: str) -> None:
    found = problem(**reach({"ports": [ports]}))
    assert found.key == "pangeo:network.reach[0].ports[0]"
    assert message in found.message


@pytest.mark.parametrize(
    ("entry", "key", "message"),
    [
        ({"name": "Object store"}, "name", "is not a name"),
        ({"cidrs": []}, "cidrs", "is an empty list"),
        ({"ports": []}, "ports", "is an empty list"),
        ({"for": []}, "for", "is an empty list"),
        ({"for": ["workers"]}, "for[0]", "must be notebooks or dask"),
        ({"for": ["hub"]}, "for[0]", "is not needed: the hub reaches every address except metadata servers"),
        ({"protocol": "sctp"}, "protocol", "must be tcp or udp"),
        ({"ports": [443, "440-450"]}, "ports[1]", "is repeated in this entry"),
        ({"cidrs": ["10.20.0.0/16", "10.20.1.0/24"]}, "cidrs[1]", "overlaps 10.20.0.0/16 in this entry"),
    ],
)
def test_a_mistake_in_an_entry_is_named(entry: dict[str, Any], key: str, message: str) -> None:
    found = problem(**reach(entry))
    assert found.key == f"pangeo:network.reach[0].{key}"
    assert message in found.message


@pytest.mark.parametrize(
    ("other", "overlaps"),
    [
        ({"cidrs": "10.20.5.0/24"}, True),
        ({"cidrs": "10.0.0.0/8", "ports": "400-500", "for": "dask"}, True),
        ({"ports": 8443}, False),
        ({"protocol": "udp"}, False),
        ({"cidrs": "10.21.0.0/16"}, False),
    ],
)
def test_networks_overlap_only_for_the_same_pods_and_ports(other: dict[str, Any], overlaps: bool) -> None:
    found = problems(**reach({}, {**other, "name": "other"}))
    assert len(found) == overlaps
    assert all(
        "overlaps 10.20.0.0/16 of pangeo:network.reach[0] (store), for the same pods and ports" in each.message
        for each in found
    )


def test_networks_for_different_pods_do_not_overlap() -> None:
    assert problems(**reach({"for": "dask"}, {"for": "notebooks", "name": "other"})) == []


def test_all_problems_are_reported_at_once() -> None:
    found = problems(
        **reach(
            {"cidrs": ["10.20.0.1/16"], "ports": [0]},
            {"cidrs": ["8.8.8.0/24"]},
            {"name": "third", "cidrs": "10.30.0.0/16"},
            {"name": "fourth", "cidrs": "10.30.0.0/16"},
            clusterCidrs=["nodes"],
        )
    )
    assert {each.key.removeprefix("pangeo:network.") for each in found} == {
        *("clusterCidrs[0]", "reach[0].cidrs[0]", "reach[0].ports[0]"),
        *("reach[1].name", "reach[1].cidrs[0]", "reach[3].cidrs"),
    }
