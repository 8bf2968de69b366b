"""The connections that the rendered network policies allow; all others are refused."""

from collections.abc import Callable
from typing import Any

import pytest

from components.chart.dask_access import gateway_name
from components.in_hub.metric_settings import PORT
from tests.engine.charts.matrix import MINIMAL
from tests.engine.charts.network_policies import End, Host, Network, Pod
from tests.engine.charts.renders import Render, Rendered

pytestmark = pytest.mark.engine

Allows = Callable[[End, End, int, str], bool]

NODE = "10.0.0.5"

OUTSIDE: dict[str, tuple[Host, int, str]] = {
    "kubelet": (Host("node", NODE), 10250, "TCP"),
    "Kubernetes API": (Host("node", NODE), 6443, "TCP"),
    "directory": (Host("FreeIPA", "192.168.3.4"), 636, "TCP"),
    "directory v6": (Host("FreeIPA", "2a01:4f8::17"), 636, "TCP"),
    "private network": (Host("other", "172.20.3.4"), 443, "TCP"),
    "private network v6": (Host("other", "fd12:3456::9"), 443, "TCP"),
    "private network by NAT64": (Host("other", "64:ff9b::ac14:304"), 443, "TCP"),
    "kubelet by NAT64": (Host("node", "64:ff9b::a00:5"), 10250, "TCP"),
    "directory by NAT64": (Host("FreeIPA", "64:ff9b::c0a8:304"), 636, "TCP"),
    "carrier's network": (Host("other", "100.64.9.9"), 443, "TCP"),
    "carrier's network by NAT64": (Host("other", "64:ff9b::6440:909"), 443, "TCP"),
    "benchmark network": (Host("other", "198.18.0.1"), 443, "TCP"),
    "benchmark network by NAT64": (Host("other", "64:ff9b::c612:1"), 443, "TCP"),
    "reserved network": (Host("other", "240.0.0.1"), 443, "TCP"),
    "documentation network v6": (Host("other", "2001:db8::17"), 443, "TCP"),
    "private network by another NAT64": (Host("other", "64:ff9b:1::ac14:304"), 443, "TCP"),
    "private network by 6to4": (Host("other", "2002:a00:5::1"), 443, "TCP"),
    "private network by Teredo": (Host("other", "2001:0:a00:5::1"), 443, "TCP"),
    "site-local network": (Host("other", "fec0::9"), 443, "TCP"),
    "this host": (Host("node", "0.0.0.0"), 10250, "TCP"),  # noqa: S104 - a target of connections
    "link": (Host("other", "fe80::9"), 443, "TCP"),
    "metadata": (Host("cloud", "169.254.169.254"), 80, "TCP"),
    "metadata of AWS v6": (Host("cloud", "fd00:ec2::254"), 80, "TCP"),
    "metadata of Google v6": (Host("cloud", "fd20:ce::254"), 80, "TCP"),
    "metadata by NAT64": (Host("cloud", "64:ff9b::a9fe:a9fe"), 80, "TCP"),
    "metadata of Azure": (Host("cloud", "168.63.129.16"), 80, "TCP"),
    "metadata of Azure by NAT64": (Host("cloud", "64:ff9b::a83f:8110"), 80, "TCP"),
    "metadata of Oracle": (Host("cloud", "192.0.0.192"), 80, "TCP"),
    "metadata of Alibaba": (Host("cloud", "100.100.100.200"), 80, "TCP"),
    "internet": (Host("data", "151.101.1.1"), 443, "TCP"),
    "internet, any port": (Host("data", "151.101.1.1"), 21, "TCP"),
    "internet v6": (Host("data", "2a04:4e42::1"), 443, "TCP"),
    "internet by NAT64": (Host("data", "64:ff9b::9765:101"), 443, "TCP"),
    "internet's DNS": (Host("resolver", "9.9.9.9"), 53, "UDP"),
    **{
        f"DNS at {address}": (Host("resolver", address), 53, "UDP")
        for address in ("10.96.0.10", "172.20.0.10", "192.168.0.10", "100.64.0.10", "169.254.20.10", "fd00::a")
    },
}

DNS = {"cluster DNS", *(name for name in OUTSIDE if name.startswith("DNS at "))}
INTERNET = {name for name in OUTSIDE if name.startswith("internet")} | {"directory v6"}
"""Includes a directory with a public address: policies distinguish addresses, not services."""

METADATA = {name for name in OUTSIDE if name.startswith("metadata")} | {"link"}
ANYWHERE = OUTSIDE.keys() - METADATA

REACHES: dict[str, set[str]] = {
    "notebook": {"hub", "proxy", "gateway's proxy", *DNS, *INTERNET},
    "hub": {"proxy's API", "notebook", "another notebook", "cluster DNS", *ANYWHERE},
    "proxy": {"hub", "notebook", "another notebook", *DNS},
    "gateway's API": {"hub", "scheduler's API", "another's scheduler's API", "cluster DNS", *ANYWHERE},
    "controller": {"cluster DNS", *ANYWHERE},
    "gateway's proxy": {
        *("gateway's API", "scheduler", "another's scheduler", "scheduler's dashboard", "cluster DNS"), *ANYWHERE,
    },
    "scheduler": {"gateway's API", "worker", "another's worker", *DNS, *INTERNET},
    # Mutual TLS separates the clusters of different users; network policies cannot.
    "worker": {"scheduler", "another's scheduler", "another's worker", *DNS, *INTERNET},
    "other tenancy's pod": {"proxy", "cluster DNS", *OUTSIDE},
    "world": {"proxy", "cluster DNS", "other tenancy's pod", *OUTSIDE},
}  # fmt: skip

WITH_USER_CODE = ("notebook", "scheduler", "worker")
REACHED_BY_ADDRESS = {
    source: {"proxy", "other tenancy's pod"} for source in ("hub", "gateway's API", "controller", "gateway's proxy")
}
"""Further targets where IP blocks match pods, too: the pods that accept connections from everywhere."""


def container_ports(template: dict[str, Any]) -> dict[str, int]:
    containers = template["spec"]["containers"]
    return {port["name"]: port["containerPort"] for each in containers for port in each.get("ports", [])}


def ends(rendered: Rendered) -> dict[str, End]:
    """Return the pods of a tenancy with the labels of the charts, KubeSpawner and dask-gateway's controller."""
    tenancy = rendered.tenancy
    addresses = iter(f"10.42.0.{number}" for number in range(2, 99))

    def pod(name: str, labels: dict[str, str], ports: dict[str, int] | None = None, namespace: str = "") -> Pod:
        return Pod(name, labels, namespace or tenancy.namespace, next(addresses), ports or {})

    def deployed(name: str, deployment: str) -> Pod:
        template = rendered.pods["Deployment", deployment[:63].removesuffix("-")]
        return pod(name, template["metadata"]["labels"], container_ports(template))

    notebook = {
        **rendered.objects["NetworkPolicy", "singleuser"]["spec"]["podSelector"]["matchLabels"],
        "hub.jupyter.org/network-access-hub": "true",
    }
    instance = gateway_name(tenancy)

    def dask(name: str, component: str, cluster: str) -> Pod:
        labels = {
            "app.kubernetes.io/name": "dask-gateway",
            "app.kubernetes.io/version": "2026.3.0",
            "app.kubernetes.io/component": component,
            "gateway.dask.org/instance": instance,
            "gateway.dask.org/cluster": cluster,
        }
        return pod(name, labels)

    return {
        "notebook": pod("notebook", notebook, {"notebook-port": 8888}),
        "another notebook": pod("another notebook", notebook, {"notebook-port": 8888}),
        "hub": deployed("hub", "hub"),
        "proxy": deployed("proxy", "proxy"),
        "gateway's API": deployed("gateway's API", f"api-{instance}"),
        "controller": deployed("controller", f"controller-{instance}"),
        "gateway's proxy": deployed("gateway's proxy", f"traefik-{instance}"),
        "scheduler": dask("scheduler", "dask-scheduler", "one"),
        "another's scheduler": dask("another's scheduler", "dask-scheduler", "other"),
        "worker": dask("worker", "dask-worker", "one"),
        "another's worker": dask("another's worker", "dask-worker", "other"),
        "cluster DNS": pod("cluster DNS", {"k8s-app": "kube-dns"}, namespace="kube-system"),
        "other tenancy's pod": pod("other tenancy's pod", notebook, namespace="other"),
        "world": Host("world", "203.0.113.9"),
    }


def targets(ends: dict[str, End]) -> dict[str, tuple[End, int, str]]:
    """Return all targets of connections: end, port and protocol by name."""
    ports = {
        "notebook": 8888, "another notebook": 8888, "hub": 8081, "proxy": 8000, "gateway's API": 8000,
        "controller": 8000, "gateway's proxy": 8000, "scheduler": 8786, "another's scheduler": 8786,
        "worker": 40001, "another's worker": 40001, "other tenancy's pod": 5432,
    }  # fmt: skip
    return {
        **{name: (ends[name], port, "TCP") for name, port in ports.items()},
        "proxy's API": (ends["proxy"], 8001, "TCP"),
        "gateway's proxy's pages": (ends["gateway's proxy"], 9000, "TCP"),
        "scheduler's dashboard": (ends["scheduler"], 8787, "TCP"),
        "scheduler's API": (ends["scheduler"], 8788, "TCP"),
        "another's scheduler's API": (ends["another's scheduler"], 8788, "TCP"),
        "worker's dashboard": (ends["worker"], 8787, "TCP"),
        "cluster DNS": (ends["cluster DNS"], 53, "UDP"),
        **OUTSIDE,
    }


def make_network(rendered: Rendered, **options: bool) -> Network:
    return Network.of(rendered.kinds("NetworkPolicy").values(), rendered.tenancy.namespace, **options)


def reachable(rendered: Rendered, source: str, allows: Allows) -> set[str]:
    """Return the names of the targets that ``source`` can reach."""
    all_ends = ends(rendered)
    return {
        name
        for name, (target, port, protocol) in targets(all_ends).items()
        if target != all_ends[source] and allows(all_ends[source], target, port, protocol)
    }


@pytest.mark.parametrize("source", REACHES)
def test_only_listed_targets_are_reachable(render_either: Render, source: str) -> None:
    rendered = render_either(MINIMAL)
    assert reachable(rendered, source, make_network(rendered, blocks_match_pods=False).allows) == REACHES[source]


STORE = {"private network", "private network v6"}
REACHES_BESIDES = {
    "notebook": STORE,
    "scheduler": STORE | {"carrier's network"},
    "worker": STORE | {"carrier's network"},
    "hub": set(),
    "proxy": set(),
    "gateway's proxy": set(),
}
"""Further targets of the tenancy with private networks. None is a metadata server, nor on another port."""


@pytest.mark.parametrize("source", REACHES_BESIDES)
def test_private_networks_open_their_own_targets_only(render_either: Render, source: str) -> None:
    rendered = render_either("private networks")
    found = reachable(rendered, source, make_network(rendered, blocks_match_pods=False).allows)
    assert found == REACHES[source] | REACHES_BESIDES[source]


@pytest.mark.parametrize("source", [each for each in REACHES if each not in ("other tenancy's pod", "world")])
def test_dns_pods_are_reached_on_their_ports_only(render_either: Render, source: str) -> None:
    rendered = render_either("other DNS")
    network, own = make_network(rendered, blocks_match_pods=False), ends(rendered)[source]
    dns, other = (Pod("DNS", {}, namespace, "10.42.1.1", {}) for namespace in ("openshift-dns", "kube-system"))
    for port in (53, 5353):
        for protocol in ("UDP", "TCP"):
            assert network.allows_egress(own, dns, port, protocol)
            assert not network.allows_egress(own, other, port, protocol)
    assert not network.allows_egress(own, dns, 8053, "UDP")
    assert network.allows_egress(own, Host("node", NODE), 5353, "UDP") == ("private network" in REACHES[source])


def test_metrics_are_open_to_prometheus_only(render_either: Render) -> None:
    rendered = render_either("metrics")
    network, own = make_network(rendered, blocks_match_pods=False), ends(rendered)
    prometheus = Pod("Prometheus", {"app": "prometheus", "further": "label"}, "monitoring", "10.42.1.1", {})
    others = {
        "beside Prometheus": Pod("other", {"app": "other"}, "monitoring", "10.42.1.2", {}),
        "labelled elsewhere": Pod("other", {"app": "prometheus"}, rendered.tenancy.namespace, "10.42.1.3", {}),
        **own,
    }
    for name in own:
        readers = {each for each, source in others.items() if network.allows_ingress(source, own[name], PORT)}
        if name in ("hub", "proxy", "gateway's proxy"):
            assert network.allows_ingress(prometheus, own[name], PORT)
            assert readers == set()
            assert not any(network.allows_ingress(prometheus, own[name], port) for port in (8001, 8081, 8888, 9000))
    assert {name for name, end in own.items() if network.allows_ingress(prometheus, end, 8786)} <= {
        "cluster DNS",
        "other tenancy's pod",
        "world",
    }
    for source in REACHES:
        assert reachable(rendered, source, network.allows) == REACHES[source]


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (MINIMAL, set()),
        ("Cilium", {"hub", "gateway's API", "controller", "gateway's proxy"}),
        ("Cilium, dask off", {"hub"}),
    ],
)
def test_cilium_opens_the_api_server_to_its_users_only(render_either: Render, case: str, expected: set[str]) -> None:
    rendered = render_either(case)
    policies = [each["spec"] for each in rendered.kinds("CiliumNetworkPolicy").values()]
    assert all(set(each) == {"endpointSelector", "egress"} for each in policies)
    assert all(each["egress"] == [{"toEntities": ["kube-apiserver"]}] for each in policies)
    selectors = [each["endpointSelector"] for each in policies]
    assert all(set(each) == {"matchLabels"} and each["matchLabels"] for each in selectors)
    pods = {name: end for name, end in ends(render_either(MINIMAL)).items() if isinstance(end, Pod)}
    selected = {
        name for name, pod in pods.items() for each in selectors if each["matchLabels"].items() <= pod.labels.items()
    }
    assert selected == expected


@pytest.mark.parametrize("source", REACHES)
def test_ip_blocks_that_match_pods_open_no_closed_pod(render_either: Render, source: str) -> None:
    rendered = render_either(MINIMAL)
    assert reachable(rendered, source, make_network(rendered).allows) == REACHES[source] | REACHED_BY_ADDRESS.get(
        source, set()
    )


@pytest.mark.parametrize("source", WITH_USER_CODE)
def test_egress_policies_limit_users_code(render_either: Render, source: str) -> None:
    rendered = render_either(MINIMAL)
    assert reachable(rendered, source, make_network(rendered).allows_egress) == REACHES[source]


@pytest.mark.parametrize(
    "target", ["notebook", "hub", "gateway's API", "controller", "gateway's proxy", "scheduler", "worker"]
)
def test_pods_accept_only_listed_sources(render_either: Render, target: str) -> None:
    rendered = render_either(MINIMAL)
    all_ends = ends(rendered)
    network = make_network(rendered)
    for name, (end, port, protocol) in targets(all_ends).items():
        if end == all_ends[target]:
            sources = {source for source in REACHES if network.allows_ingress(all_ends[source], end, port, protocol)}
            expected = {source for source in REACHES if name in REACHES[source]}
            # Another pod of the same kind, which REACHES lists under the name of the other one.
            expected |= {target} if f"another's {target}" in REACHES.get(target, set()) and port == 40001 else set()
            assert sources == expected, name


def test_unused_ports_are_unreachable(render_either: Render) -> None:
    rendered = render_either(MINIMAL)
    all_ends = ends(rendered)
    network = make_network(rendered)
    for name, target in all_ends.items():
        if isinstance(target, Pod) and target.namespace == rendered.tenancy.namespace:
            assert [source for source in REACHES if network.allows(all_ends[source], target, 1023)] == [], name


def test_policies_without_dask_include_notebooks(render_either: Render) -> None:
    assert {name for _, name in render_either("dask off").kinds("NetworkPolicy")} == {"hub", "proxy", "singleuser"}


def test_tenancies_cannot_reach_each_others_pods(render_either: Render) -> None:
    one, other = render_either(MINIMAL), render_either("longest name")
    policies = [
        (each.tenancy.namespace, policy) for each in (one, other) for policy in each.kinds("NetworkPolicy").values()
    ]
    network = Network(tuple(policies))
    for source in (*WITH_USER_CODE, "gateway's proxy"):
        for name, (target, port, protocol) in targets(ends(other)).items():
            if isinstance(target, Pod) and target.namespace == other.tenancy.namespace and name != "proxy":
                assert not network.allows(ends(one)[source], target, port, protocol), (source, name)
