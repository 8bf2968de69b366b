"""The comparison of the stack file's pools with the cluster's nodes."""

from typing import Any

import pytest

from components.cli.diagnose.pools import check_pools
from components.cli.diagnose.result import Status
from components.cluster.errors import CannotAsk
from components.config.tenancy import Tenancy
from components.preflight.nodes import compare_pools, pool_warnings
from tests.support.tenancies import tenancy

TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
USERS = {"name": "users", "count": 2, "cpus": 8, "ramGb": 32, "labels": {"pool": "users"}, "taints": [TAINT]}


def node(*taints: dict[str, Any], cpu: str = "8", memory: str = "32Gi", gpus: str = "0", **labels: str) -> Any:
    size = {"cpu": cpu, "memory": memory, "nvidia.com/gpu": gpus}
    return {
        "metadata": {"name": "one", "labels": labels},
        "spec": {"taints": list(taints)},
        "status": {"capacity": size, "allocatable": size},
    }


def with_pools(*pools: dict[str, Any]) -> Tenancy:
    return tenancy(workers={"pools": list(pools)})


def differences(*nodes: Any, pool: dict[str, Any] | None = None) -> list[str]:
    described = with_pools(pool or USERS).nodes
    assert described is not None
    name = (pool or USERS)["name"]
    return [
        str(each).removeprefix(f"pangeo:workers.pools[0] {name}: ") for each in compare_pools(described.pools, nodes)
    ]


def test_nodes_like_the_pool_are_accepted() -> None:
    firmware = node(TAINT, cpu="8", memory="30100Mi", pool="users")
    larger = node(TAINT, cpu="16", memory="64Gi", pool="users")
    ill = node(TAINT, {"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"}, pool="users")
    assert differences(firmware, larger, node(pool="others")) == []
    assert differences(firmware, ill) == []


def test_a_pool_without_nodes_is_reported() -> None:
    assert differences(node(pool="others")) == [
        "no node has the labels pool=users, so its pods wait until there is one; run kubectl label node NODE "
        "pool=users, or correct labels, unless an autoscaler adds such nodes"
    ]


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([node(TAINT, pool="users")], "the cluster has 1 such node, not 2"),
        ([node(TAINT, pool="users")] * 3, "the cluster has 3 such nodes, not 2"),
        ([node(TAINT, pool="users"), node(TAINT, cpu="4", pool="users")], "nodes have only 4 CPUs, not 8"),
        ([node(TAINT, pool="users"), node(TAINT, memory="16Gi", pool="users")], "nodes have only 16 GB, not 32"),
        (
            [node(TAINT, pool="users"), node(pool="users")],
            "1 of 2 nodes do not have the taint nvidia.com/gpu=present:NoSchedule",
        ),
        (
            [node(TAINT, {"key": "dedicated", "effect": "NoExecute"}, pool="users")] * 2,
            "nodes have the taint dedicated:NoExecute, which taints does not contain",
        ),
    ],
)
def test_a_difference_is_reported(nodes: list[Any], message: str) -> None:
    (found,) = differences(*nodes)
    assert found.startswith(message)
    assert "; " in found


def test_missing_gpus_are_reported() -> None:
    gpu = {**USERS, "gpus": 2}
    assert differences(*[node(TAINT, gpus="2", pool="users")] * 2, pool=gpu) == []
    (found,) = differences(*[node(TAINT, gpus="1", pool="users")] * 2, pool=gpu)
    assert found.startswith("nodes offer only 1 nvidia.com/gpu, not 2; ")


def test_fewer_nodes_are_expected_where_placeholders_add_some() -> None:
    assert differences(node(TAINT, pool="users"), pool={**USERS, "placeholders": 1}) == []


def test_a_node_belongs_to_the_pool_with_most_of_its_labels() -> None:
    every = {"name": "every", "count": 1, "cpus": 4, "ramGb": 16}
    gpu = {**USERS, "name": "gpu", "count": 1, "purposes": ["notebooks"]}
    described = with_pools(every, gpu).nodes
    assert described is not None
    nodes = node(cpu="4", memory="16Gi"), node(TAINT, pool="users")
    assert list(compare_pools(described.pools, nodes)) == []


def test_nodes_of_the_control_plane_belong_to_no_pool_without_labels_and_taints() -> None:
    taint = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
    every = {"name": "every", "count": 2, "cpus": 8, "ramGb": 32}
    assert differences(node(), node(), node(taint, cpu="2", memory="4Gi"), pool=every) == []
    assert differences(node(taint), node(taint), pool={**every, "taints": [taint]}) == []
    assert differences(node(), node(), pool={**every, "taints": [taint]}) != []


class Answers:
    """A cluster with these nodes, or one that shows none."""

    server = "https://cluster.example.org"

    def __init__(self, *nodes: Any, refused: bool = False) -> None:
        self.nodes, self.refused = nodes, refused

    def get(self, path: str, accept: str = "") -> Any:
        """Return the nodes."""
        assert path.startswith("/api/v1/nodes")
        if self.refused:
            raise CannotAsk("nodes is forbidden")
        return {"items": self.nodes}


def test_a_preview_warns() -> None:
    assert len(pool_warnings(Answers(node()), with_pools(USERS))) == 1
    assert pool_warnings(Answers(refused=True), with_pools(USERS)) == []


@pytest.mark.parametrize("workers", [None, {"count": 1, "cpus": 4, "ramGb": 8}])
def test_no_node_is_read_without_pools(workers: object) -> None:
    given = tenancy(workers=workers)
    assert pool_warnings(Answers(refused=True), given) == []
    assert list(check_pools(given, Answers(refused=True))) == []


@pytest.mark.parametrize(
    ("cluster", "status"),
    [
        (Answers(*[node(TAINT, pool="users")] * 2), Status.GOOD),
        (Answers(node(TAINT)), Status.WARNING),
        (Answers(refused=True), Status.UNKNOWN),
    ],
)
def test_doctor_reports_pools(cluster: Answers, status: Status) -> None:
    (found,) = check_pools(with_pools(USERS), cluster)
    assert found.status is status
    assert bool(found.fix) is (status is not Status.GOOD)
