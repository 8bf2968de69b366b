"""The values that place pods on the node pools of a stack file."""

from typing import Any

import pytest

from components.chart.placement import node_terms, notebook_traits, pod_placement, prepared_nodes, tolerations
from components.chart.values import chart_values
from components.config.pools import PURPOSES
from components.config.tenancy import Tenancy
from tests.support.tenancies import tenancy

TAINT = {"key": "example.org/pool", "value": "b", "effect": "NoExecute"}


def pool(name: str, *purposes: str, **more: Any) -> dict[str, Any]:
    sizes = {"count": 2, "cpus": 8, "ramGb": 32}
    return {"name": name, "labels": {"pool": name}, "purposes": list(purposes or PURPOSES), **sizes, **more}


def with_pools(*pools: dict[str, Any], **more: Any) -> Tenancy:
    return tenancy(workers={"pools": list(pools)}, **more)


def terms(*names: str) -> list[dict[str, Any]]:
    return [{"matchExpressions": [{"key": "pool", "operator": "In", "values": [name]}]} for name in names]


def test_equal_nodes_leave_the_values_of_before() -> None:
    without, described = tenancy(), tenancy(workers={"count": 2, "cpus": 8, "ramGb": 32})
    assert chart_values(described)["jupyterhub"] == chart_values(without)["jupyterhub"]
    gateway = chart_values(described)["dask-gateway"]
    assert {"affinity", "tolerations"}.isdisjoint(gateway["gateway"])
    assert "affinity" not in gateway["gateway"]["backend"]["worker"]["extraPodConfig"]


def test_a_term_has_all_labels_of_its_pool() -> None:
    nodes = with_pools(pool("a", labels={"b": "2", "a": "1"})).nodes
    assert nodes is not None
    assert node_terms(nodes.pools) == [
        {
            "matchExpressions": [
                {"key": "a", "operator": "In", "values": ["1"]},
                {"key": "b", "operator": "In", "values": ["2"]},
            ]
        }
    ]


def test_a_pool_without_labels_leaves_all_nodes_open() -> None:
    nodes = with_pools(pool("a"), pool("b", labels={}, taints=[TAINT])).nodes
    assert nodes is not None
    assert node_terms(nodes.pools) == []
    assert pod_placement(nodes.pools) == {"tolerations": [{**TAINT, "operator": "Equal"}]}


def test_a_taint_of_several_pools_is_tolerated_once() -> None:
    nodes = with_pools(pool("a", taints=[TAINT]), pool("b", taints=[TAINT, {**TAINT, "effect": "NoSchedule"}])).nodes
    assert nodes is not None
    assert [each["effect"] for each in tolerations(nodes.pools)] == ["NoExecute", "NoSchedule"]


def test_notebooks_leave_gpus_to_those_who_choose_them() -> None:
    given = with_pools(pool("a"), pool("g", "notebooks", gpus=2))
    assert notebook_traits(given)["node_affinity_required"] == terms("a")
    assert notebook_traits(given, "g")["node_affinity_required"] == terms("g")
    assert notebook_traits(given, gpus=True)["node_affinity_required"] == terms("g")


def test_servers_with_gpus_run_where_there_are_some() -> None:
    sizes = [{"name": "None"}, {"name": "One", "gpus": 1}]
    profiles = [{"name": "Plain"}, {"name": "GPU", "gpus": 1}, {"name": "Sizes", "sizes": sizes}]
    given = with_pools(pool("a"), pool("g", "notebooks", gpus=2), notebook={"profiles": profiles})
    plain, gpu, choice = chart_values(given)["jupyterhub"]["singleuser"]["profileList"]
    assert "node_affinity_required" not in plain["kubespawner_override"]
    assert gpu["kubespawner_override"]["node_affinity_required"] == terms("g")
    assert "node_affinity_required" not in choice["kubespawner_override"]
    none, one = (each["kubespawner_override"] for each in choice["profile_options"]["size"]["choices"].values())
    assert "node_affinity_required" not in none
    assert one["node_affinity_required"] == terms("g")


@pytest.mark.parametrize(("dask", "names"), [(True, ("users", "dask")), (False, ("users",))])
def test_images_are_pulled_where_users_pods_run(dask: bool, names: tuple[str, ...]) -> None:
    pools = pool("core", "hub"), pool("users", "notebooks"), pool("dask", "daskWorkers", "daskSchedulers")
    values = prepared_nodes(with_pools(*pools, dask={"enabled": dask}))
    assert values["extraNodeAffinity"]["required"] == terms(*names)


def test_charts_do_not_choose_nodes_themselves() -> None:
    scheduling = chart_values(with_pools(pool("a")))["jupyterhub"]["scheduling"]
    ignored = {"tolerations": [], "nodeAffinity": {"matchNodePurpose": "ignore"}}
    assert (scheduling["corePods"], scheduling["userPods"]) == (ignored, ignored)


def placeholder(*pools: dict[str, Any], **more: Any) -> dict[str, Any]:
    found = chart_values(with_pools(*pools, **more))["jupyterhub"]["scheduling"]["userPlaceholder"]
    assert found["extraPodSpec"]["nodeSelector"] in [each["labels"] for each in pools if each.get("placeholders")]
    size: dict[str, Any] = found["resources"]["requests"]
    assert found["resources"]["limits"] == size
    return size


def test_a_placeholder_has_the_size_of_a_notebook() -> None:
    assert placeholder(pool("a", placeholders=2)) == {"cpu": "2000m", "memory": str(4 * 1024**3)}


def test_a_placeholder_has_the_size_of_the_preselected_profile() -> None:
    profiles = [{"name": "Small", "cpus": 1}, {"name": "Large", "cpus": 4, "default": True}]
    assert placeholder(pool("a", placeholders=1), notebook={"profiles": profiles})["cpu"] == "4000m"


def test_a_placeholder_has_the_size_of_its_pools_profile() -> None:
    profiles = [{"name": "Small", "cpus": 1, "pool": "a"}, {"name": "Large", "cpus": 6, "ramGb": 2.5, "pool": "b"}]
    size = placeholder(pool("a"), pool("b", "notebooks", placeholders=1), notebook={"profiles": profiles})
    assert size == {"cpu": "6000m", "memory": str(5 * 1024**3 // 2)}


def test_a_placeholder_has_a_size_that_fits_on_its_pool() -> None:
    large, gpus = {"name": "Large", "cpus": 16, "default": True}, {"name": "GPUs", "gpus": 2}
    pools = pool("a", placeholders=1), pool("b", cpus=32)
    assert placeholder(*pools, notebook={"profiles": [large, {"name": "S"}]})["cpu"] == "2000m"
    with_gpus = pool("a", placeholders=1, gpus=1), pool("b", gpus=2)
    profiles = {"profiles": [gpus, {"name": "GPU", "gpus": 1}]}
    assert placeholder(*with_gpus, notebook=profiles)["nvidia.com/gpu"] == "1"
