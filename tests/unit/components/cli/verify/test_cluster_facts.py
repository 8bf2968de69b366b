"""Addresses read from the cluster: other users' servers, pods of hub and gateway, and reasons where they are unread."""

from collections.abc import Mapping
from typing import Any

import pytest

from components.cli.verify.attempts import Target
from components.cli.verify.cluster_facts import read_cluster_facts
from components.cluster.errors import CannotAsk
from components.in_hub.api_names import VERIFICATION_USER
from tests.support.tenancies import tenancy

HUB = {"app": "jupyterhub"}
DASK = {"app.kubernetes.io/name": "dask-gateway"}


def pod(name: str, address: str, labels: Mapping[str, str], *, user: str = "", ready: bool = True) -> dict[str, Any]:
    claim = {"persistentVolumeClaim": {"claimName": "hub-db-dir"}}
    return {
        "metadata": {"name": name, "labels": labels, "annotations": {"hub.jupyter.org/username": user} if user else {}},
        "spec": {"volumes": [claim] if name.startswith("hub") else []},
        "status": {"podIPs": [{"ip": address}], "conditions": [{"type": "Ready", "status": str(ready)}]},
    }


PODS = [
    pod("hub-1", "10.42.0.2", {**HUB, "component": "hub"}),
    pod("hub-spy", "10.42.0.9", {}),
    pod("proxy-1", "10.42.0.3", {**HUB, "component": "proxy"}),
    pod("api-1", "10.42.0.4", {**DASK, "app.kubernetes.io/component": "gateway"}),
    pod("dask-scheduler-1", "10.42.0.5", {**DASK, "app.kubernetes.io/component": "dask-scheduler"}),
    pod("jupyter-a", "10.42.0.6", {**HUB, "component": "singleuser-server"}, user=VERIFICATION_USER),
    pod("jupyter-b", "10.42.0.7", {**HUB, "component": "singleuser-server"}, user="bob"),
    pod("jupyter-c", "10.42.0.8", {**HUB, "component": "singleuser-server"}, user="carol", ready=False),
]


class Cluster:
    """Answers with these objects; lists that are not there are forbidden."""

    server = "https://cluster.test"

    def __init__(self, **lists: list[dict[str, Any]]) -> None:
        self._lists = lists

    def get(self, path: str, accept: str = "application/json") -> Mapping[str, Any]:
        del accept
        kind = path.partition("?")[0].rpartition("/")[2]
        if kind not in self._lists or "kube-system" in path:
            raise CannotAsk(f"{kind}: forbidden")
        return {"items": self._lists[kind]}


def test_addresses_of_pods_by_their_role() -> None:
    facts = read_cluster_facts(Cluster(pods=PODS), tenancy(), VERIFICATION_USER)
    assert facts.proxy_apis == (Target("10.42.0.3", 8001),)
    assert facts.gateway_apis == (Target("10.42.0.4", 8000),)
    assert facts.schedulers == tuple(Target("10.42.0.5", port) for port in (8786, 8787, 8788))
    assert facts.servers == {"bob": (Target("10.42.0.7", 8888),)}
    assert facts.database_users == ("hub-spy",)


def test_addresses_of_nodes_and_api_servers() -> None:
    node = {
        "metadata": {"name": "one"},
        "status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.5"}]},
        "spec": {"podCIDR": "10.42.0.0/24"},
    }
    api = {"ports": [{"port": 6443}], "endpoints": [{"addresses": ["10.0.0.6"]}]}
    facts = read_cluster_facts(Cluster(nodes=[node], endpointslices=[api], pods=[]), tenancy(), VERIFICATION_USER)
    assert [each.network for each in facts.nodes] == ["10.0.0.5"]
    assert facts.api_servers == (Target("10.0.0.6", 6443),)


@pytest.mark.parametrize("kind", ["nodes", "pods"])
def test_unread_lists_are_reasons(kind: str) -> None:
    facts = read_cluster_facts(Cluster(), tenancy(), VERIFICATION_USER)
    assert f"{kind}: forbidden" in (facts.pods_unread if kind == "pods" else facts.addresses_unread)
    assert facts.database_users is None
