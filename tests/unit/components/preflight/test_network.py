"""The section ``network`` and the cluster: the kind of Cilium's policies, and the cluster's own servers."""

from typing import Any

import pytest

from components.cluster.addresses import ClusterAddress, ClusterAddresses
from components.config.problems import InvalidTenancy
from components.preflight.network import check_api_server, refuse_closed_servers
from tests.support.tenancies import tenancy

SOURCE = "stacks/Pulumi.vis.yaml"
ON_NODES = ClusterAddresses((ClusterAddress("node one", "10.0.0.5"), ClusterAddress("API server", "10.0.0.5")))
ELSEWHERE = ClusterAddresses((ClusterAddress("node one", "10.0.0.5"), ClusterAddress("API server", "10.0.9.9")))


class Cluster:
    """A cluster that has Cilium's network policies, or not."""

    server = "https://10.0.0.5:6443"

    def __init__(self, *, has_cilium: bool) -> None:
        self._status = 200 if has_cilium else 404

    def get(self, path: str, accept: str = "application/json") -> dict[str, Any]:
        raise AssertionError(path)

    def send(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        assert (method, path.rpartition("/")[2], body) == ("GET", "ciliumnetworkpolicies.cilium.io", None)
        return self._status, {}


def check(key: str, addresses: ClusterAddresses, *, has_cilium: bool) -> list[str]:
    network = tenancy(network={"apiServer": key}).network
    return list(check_api_server(Cluster(has_cilium=has_cilium), network, addresses, source=SOURCE))


def test_ciliums_policies_need_their_kind_before_anything_is_changed() -> None:
    assert check("cilium", ON_NODES, has_cilium=True) == []
    with pytest.raises(InvalidTenancy, match=r"pangeo:network\.apiServer  cilium  needs ciliumnetworkpolicies"):
        check("cilium", ON_NODES, has_cilium=False)


def test_a_cluster_that_may_need_the_key_is_reported() -> None:
    (warning,) = check("address", ON_NODES, has_cilium=True)
    assert "If servers do not start, set pangeo:network.apiServer: cilium" in warning
    assert check("address", ON_NODES, has_cilium=False) == []
    assert check("address", ELSEWHERE, has_cilium=True) == []


def test_an_entry_that_opens_kubernetes_servers_is_refused() -> None:
    reach = [
        {"name": "store", "cidrs": "10.0.9.0/24", "ports": 9000},
        {"name": "nodes", "cidrs": "10.0.0.0/24", "ports": ["80", "10250-10260"]},
        {"name": "api", "cidrs": "10.0.9.0/24", "ports": 6443},
    ]
    with pytest.raises(InvalidTenancy) as refused:
        refuse_closed_servers(ELSEWHERE, tenancy(network={"reach": reach}).network, source=SOURCE)
    assert [(each.key, each.value) for each in refused.value.problems] == [
        ("pangeo:network.reach[1]", "nodes"),
        ("pangeo:network.reach[2]", "api"),
    ]
    assert "opens port 10250 of node one (10.0.0.5) to users' pods" in str(refused.value)
    refuse_closed_servers(ELSEWHERE, tenancy(network={"reach": reach[:1]}).network, source=SOURCE)
