"""The section ``network``: networks in any spelling, and mistakes that are reported with the value to write."""

import pytest

from tests.support.tenancies import problems, tenancy


def test_networks_are_normalised() -> None:
    given = [" 203.0.114.0/24 ", "203.0.115.9", "2A05:D014:0::/64", "10.0.0.0/8"]
    assert tenancy(network={"clusterCidrs": given}).network.cluster_cidrs == (
        *("203.0.114.0/24", "203.0.115.9/32", "2a05:d014::/64", "10.0.0.0/8"),
    )


def test_a_missing_key_is_distinguished_from_an_empty_list() -> None:
    assert tenancy().network.cluster_cidrs is None
    assert tenancy(network={"clusterCidrs": []}).network.cluster_cidrs == ()
    assert tenancy().network.blocked_cidrs == tenancy(network={"clusterCidrs": []}).network.blocked_cidrs == ()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("203.0.114.9/24", "has an address within the network; write 203.0.114.0/24"),
        ("nodes", "is not a network; write for example"),
        ("203.0.114.0/33", "is not a network; write for example"),
        ("0.0.0.0/0", "is too large"),
        ("::/0", "is too large"),
        ("2000::/3", "is too large"),
        ("::ffff:10.0.0.0/104", "is an IPv4-mapped IPv6 network"),
    ],
)
def test_mistakes_are_reported_with_their_correction(value: str, message: str) -> None:
    (problem,) = problems(network={"clusterCidrs": [value]})
    assert problem.key == "pangeo:network.clusterCidrs[0]"
    assert message in problem.message


def test_dns_pods_are_in_kube_system_at_port_53_by_default() -> None:
    dns = tenancy().network.dns
    assert (dns.namespace, dns.ports, dns.further_ports) == ("kube-system", (53,), ())


def test_stacks_without_newer_keys_have_the_same_inputs() -> None:
    assert tenancy().as_inputs()["network"] == {}
    given = {
        "dns": {"ports": [5353]},
        "apiServer": "cilium",
        "reach": [{"name": "a", "cidrs": "10.1.0.0/16", "ports": 1}],
    }
    assert set(tenancy(network=given).as_inputs()["network"]) == set(given)


@pytest.mark.parametrize(
    ("dns", "key", "message"),
    [
        ({"ports": []}, "ports", "is an empty list"),
        ({"ports": [0]}, "ports[0]", "must be at least 1"),
        ({"ports": [65536]}, "ports[0]", "must be at most 65535"),
        ({"ports": [443]}, "ports[0]", "is not a port of DNS pods; write 53 or a number from 1024"),
        ({"ports": [53, 6443]}, "ports[1]", "is not a port of DNS pods"),
        ({"ports": [10250]}, "ports[0]", "is not a port of DNS pods"),
        ({"ports": [53, 5353, 53]}, "ports[2]", "is repeated; remove one of them"),
        (
            {"namespace": "openshift.dns"},
            "namespace",
            "is not the name of a namespace; write lower-case letters, digits and dashes, for example openshift-dns",
        ),
    ],
)
def test_mistakes_about_dns_are_reported(dns: dict[str, object], key: str, message: str) -> None:
    (problem,) = problems(network={"dns": dns})
    assert problem.key == f"pangeo:network.dns.{key}"
    assert message in problem.message
