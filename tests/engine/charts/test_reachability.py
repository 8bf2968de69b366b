"""Who reaches whom in a tenancy, worked out from the rendered network policies; what is not written here is closed."""

from collections.abc import Callable
from typing import Any

import pytest

from components.chart.dask_access import gateway_name
from tests.engine.charts.matrix import LEAST
from tests.engine.charts.network_policies import End, Host, Network, Pod
from tests.engine.charts.renders import Render, Rendered

pytestmark = pytest.mark.engine

Allows = Callable[[End, End, int, str], bool]

NODE = "10.0.0.5"

OUTSIDE: dict[str, tuple[Host, int, str]] = {
    "kubelet": (Host("node", NODE), 10250, "TCP"),
    "Kubernetes API": (Host("node", NODE), 6443, "TCP"),
    "directory": (Host("FreeIPA", "192.168.3.4"), 636, "TCP"),
    "directory v6": (Host("FreeIPA", "2001:db8::17"), 636, "TCP"),
    "private network": (Host("other", "172.20.3.4"), 443, "TCP"),
    "private network v6": (Host("other", "fd12:3456::9"), 443, "TCP"),
    "private network by NAT64": (Host("other", "64:ff9b::ac14:304"), 443, "TCP"),
    "kubelet by NAT64": (Host("node", "64:ff9b::a00:5"), 10250, "TCP"),
    "directory by NAT64": (Host("FreeIPA", "64:ff9b::c0a8:304"), 636, "TCP"),
    "carrier's network": (Host("other", "100.64.9.9"), 443, "TCP"),
    "carrier's network by NAT64": (Host("other", "64:ff9b::6440:909"), 443, "TCP"),
    "link": (Host("other", "fe80::9"), 443, "TCP"),
    "metadata": (Host("cloud", "169.254.169.254"), 80, "TCP"),
    "metadata of AWS v6": (Host("cloud", "fd00:ec2::254"), 80, "TCP"),
    "metadata of Google v6": (Host("cloud", "fd20:ce::254"), 80, "TCP"),
    "metadata by NAT64": (Host("cloud", "64:ff9b::a9fe:a9fe"), 80, "TCP"),
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
"""A directory at a public address is of the internet: a policy knows addresses, not what is behind them."""

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
    # Clusters are told apart by mutual TLS, which no network policy knows of.
    "worker": {"scheduler", "another's scheduler", "another's worker", *DNS, *INTERNET},
    "other tenancy's pod": {"proxy", "cluster DNS", *OUTSIDE},
    "world": {"proxy", "cluster DNS", "other tenancy's pod", *OUTSIDE},
}  # fmt: skip

RUN_USERS_CODE = ("notebook", "scheduler", "worker")
BY_ADDRESS = {
    source: {"proxy", "other tenancy's pod"} for source in ("hub", "gateway's API", "controller", "gateway's proxy")
}
"""What they reach besides where a block of addresses matches pods too: who lets everybody in."""


def container_ports(template: dict[str, Any]) -> dict[str, int]:
    containers = template["spec"]["containers"]
    return {port["name"]: port["containerPort"] for each in containers for port in each.get("ports", [])}


def ends(rendered: Rendered) -> dict[str, End]:
    """The pods of a tenancy, labelled as the charts, KubeSpawner and dask-gateway's controller label them."""
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
    """Every door there is, by what stands behind it."""
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


def network_of(rendered: Rendered, **how: bool) -> Network:
    return Network.of(rendered.kinds("NetworkPolicy").values(), rendered.tenancy.namespace, **how)


def doors(rendered: Rendered, source: str, allows: Allows) -> set[str]:
    """The doors that are open to one of the ends."""
    there = ends(rendered)
    return {
        name
        for name, (target, port, protocol) in targets(there).items()
        if target != there[source] and allows(there[source], target, port, protocol)
    }


@pytest.mark.parametrize("source", REACHES)
def test_these_are_reached_and_nothing_else(render_either: Render, source: str) -> None:
    rendered = render_either(LEAST)
    assert doors(rendered, source, network_of(rendered, blocks_match_pods=False).allows) == REACHES[source]


@pytest.mark.parametrize("source", REACHES)
def test_where_a_block_of_addresses_matches_pods_too_it_opens_none_that_is_closed(
    render_either: Render, source: str
) -> None:
    rendered = render_either(LEAST)
    assert doors(rendered, source, network_of(rendered).allows) == REACHES[source] | BY_ADDRESS.get(source, set())


@pytest.mark.parametrize("source", RUN_USERS_CODE)
def test_users_code_is_held_where_it_leaves_already(render_either: Render, source: str) -> None:
    rendered = render_either(LEAST)
    assert doors(rendered, source, network_of(rendered).leaves) == REACHES[source]


@pytest.mark.parametrize(
    "target", ["notebook", "hub", "gateway's API", "controller", "gateway's proxy", "scheduler", "worker"]
)
def test_every_pod_lets_in_whom_it_works_with_and_nobody_else(render_either: Render, target: str) -> None:
    rendered = render_either(LEAST)
    there = ends(rendered)
    network = network_of(rendered)
    for name, (end, port, protocol) in targets(there).items():
        if end == there[target]:
            let_in = {source for source in REACHES if network.arrives(there[source], end, port, protocol)}
            expected = {source for source in REACHES if name in REACHES[source]}
            # A pod of its own kind, as REACHES has it of another one.
            expected |= {target} if f"another's {target}" in REACHES.get(target, set()) and port == 40001 else set()
            assert let_in == expected, name


def test_nobody_reaches_a_port_that_has_no_purpose(render_either: Render) -> None:
    rendered = render_either(LEAST)
    there = ends(rendered)
    network = network_of(rendered)
    for name, target in there.items():
        if isinstance(target, Pod) and target.namespace == rendered.tenancy.namespace:
            assert [source for source in REACHES if network.allows(there[source], target, 1023)] == [], name


def test_with_dask_off_notebooks_keep_their_policies(render_either: Render) -> None:
    assert {name for _, name in render_either("dask off").kinds("NetworkPolicy")} == {"hub", "proxy", "singleuser"}


def test_two_tenancies_in_one_cluster_do_not_reach_each_others_pods(render_either: Render) -> None:
    one, other = render_either(LEAST), render_either("longest name")
    policies = [
        (each.tenancy.namespace, policy) for each in (one, other) for policy in each.kinds("NetworkPolicy").values()
    ]
    network = Network(tuple(policies))
    for source in (*RUN_USERS_CODE, "gateway's proxy"):
        for name, (target, port, protocol) in targets(ends(other)).items():
            if isinstance(target, Pod) and target.namespace == other.tenancy.namespace and name != "proxy":
                assert not network.allows(ends(one)[source], target, port, protocol), (source, name)
