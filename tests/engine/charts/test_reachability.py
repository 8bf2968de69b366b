"""Who reaches whom in a tenancy, worked out from the rendered network policies; what is not written here is closed."""

from typing import Any

import pytest

from components.dask_access import gateway_name
from tests.engine.charts.matrix import LEAST
from tests.engine.charts.network_policies import End, Host, Network, Pod
from tests.engine.charts.renders import Render, Rendered

pytestmark = pytest.mark.engine

NODE = "10.0.0.5"

OUTSIDE: dict[str, tuple[Host, int, str]] = {
    "kubelet": (Host("node", NODE), 10250, "TCP"),
    "Kubernetes API": (Host("node", NODE), 6443, "TCP"),
    "directory": (Host("FreeIPA", "192.168.3.4"), 636, "TCP"),
    "directory v6": (Host("FreeIPA", "2001:db8::17"), 636, "TCP"),
    "node-local DNS": (Host("cache", "169.254.20.10"), 53, "UDP"),
    "metadata": (Host("cloud", "169.254.169.254"), 80, "TCP"),
    "metadata v6": (Host("cloud", "fd00:ec2::254"), 80, "TCP"),
    "internet": (Host("data", "151.101.1.1"), 443, "TCP"),
    "internet v6": (Host("data", "2a04:4e42::1"), 443, "TCP"),
    "internet, any port": (Host("data", "151.101.1.1"), 21, "TCP"),
    "carrier's network": (Host("other", "100.64.9.9"), 443, "TCP"),
    "private network v6": (Host("other", "fd12:3456::9"), 443, "TCP"),
}

DNS = {"cluster DNS", "node-local DNS"}
INTERNET = {"internet", "internet v6", "internet, any port", "directory v6"}
"""A directory at a public address is of the internet: a policy knows addresses, not what is behind them."""

ANYWHERE = {"kubelet", "Kubernetes API", "directory", "carrier's network", "private network v6", "other tenancy's pod"}

REACHES: dict[str, set[str]] = {
    "notebook": {"hub", "proxy", "gateway's proxy", *DNS, *INTERNET},
    "hub": {"hub", "proxy", "proxy's API", "notebook", "another notebook", *DNS, *INTERNET, *ANYWHERE},
    "proxy": {"hub", "notebook", "another notebook", "proxy", *DNS},
    "gateway's API": {"hub", "scheduler's API", "another's scheduler's API", "proxy", *DNS, *INTERNET, *ANYWHERE},
    "controller": {"proxy", *DNS, *INTERNET, *ANYWHERE},
    "gateway's proxy": {
        *("gateway's API", "scheduler", "scheduler's dashboard", "another's scheduler", "proxy"),
        *DNS, *INTERNET, *ANYWHERE,
    },
    "scheduler": {"gateway's API", "worker", "another's worker", *DNS, *INTERNET},
    # Clusters are told apart by mutual TLS, which no network policy knows of.
    "worker": {"scheduler", "another's scheduler", "worker", "another's worker", *DNS, *INTERNET},
    "other tenancy's pod": {"proxy", *DNS, *INTERNET, *ANYWHERE, "metadata", "metadata v6"},
    "world": {"proxy", *DNS, *INTERNET, *ANYWHERE, "metadata", "metadata v6"},
}  # fmt: skip


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
    instance = gateway_name(tenancy.release)

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
        "cluster DNS's metrics": (ends["cluster DNS"], 9153, "TCP"),
        **OUTSIDE,
    }


def reached(rendered: Rendered, source: str) -> set[str]:
    there = ends(rendered)
    network = Network.of(rendered.kinds("NetworkPolicy").values(), rendered.tenancy.namespace)
    return {
        name
        for name, (target, port, protocol) in targets(there).items()
        if target != there[source] and network.allows(there[source], target, port, protocol)
    }


@pytest.mark.parametrize("source", REACHES)
def test_these_are_reached_and_nothing_else(render_either: Render, source: str) -> None:
    expected = REACHES[source] - {source}
    found = reached(render_either(LEAST), source)
    # What is free to leave and meets a pod that lets nobody in is closed; cluster DNS has no policies of its own.
    assert found - {"cluster DNS's metrics"} == expected


@pytest.mark.parametrize("source", ["notebook", "scheduler", "worker", "proxy"])
def test_what_runs_users_code_reaches_nothing_private(render_either: Render, source: str) -> None:
    closed = {"kubelet", "Kubernetes API", "directory", "metadata", "metadata v6", "carrier's network"}
    closed |= {"private network v6", "other tenancy's pod", "cluster DNS's metrics", "proxy's API"}
    assert reached(render_either(LEAST), source) & closed == set()


def test_with_dask_off_notebooks_keep_their_policies(render_either: Render) -> None:
    rendered = render_either("dask off")
    policies = {name for _, name in rendered.kinds("NetworkPolicy")}
    assert policies == {"hub", "proxy", "singleuser"}


def test_every_pod_has_a_policy_of_both_directions(render_either: Render) -> None:
    rendered = render_either(LEAST)
    network = Network.of(rendered.kinds("NetworkPolicy").values(), rendered.tenancy.namespace)
    stranger = Pod("stranger", {}, rendered.tenancy.namespace, "10.42.9.9")
    for name, pod in ends(rendered).items():
        if isinstance(pod, Pod) and pod.namespace == rendered.tenancy.namespace:
            assert not network.allows(stranger, pod, 12345), f"{name} lets anybody in"
            assert not network.allows(pod, Host("metadata", "169.254.169.254"), 80), f"{name} is let out to anything"


def test_two_tenancies_in_one_cluster_do_not_reach_each_others_gateways(render_either: Render) -> None:
    one, other = render_either(LEAST), render_either("longest name")
    policies = [
        (each.tenancy.namespace, policy) for each in (one, other) for policy in each.kinds("NetworkPolicy").values()
    ]
    network = Network(tuple(policies))
    for source in ("notebook", "worker", "scheduler", "gateway's proxy"):
        for name in ("gateway's proxy", "gateway's API", "scheduler", "worker", "hub", "notebook"):
            target, port, protocol = targets(ends(other))[name]
            assert not network.allows(ends(one)[source], target, port, protocol), (source, name)
