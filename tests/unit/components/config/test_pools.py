from typing import Any

import pytest

from components.config.placement import pools_of_notebooks
from components.config.pools import PURPOSES, Pool, pools_of
from tests.support.tenancies import problem, problems, tenancy

KEY = "pangeo:workers.pools"


def pool(name: str = "all", **more: Any) -> dict[str, Any]:
    return {"name": name, "count": 2, "cpus": 8, "ramGb": 32, **more}


def labelled(name: str, *purposes: str, **more: Any) -> dict[str, Any]:
    return pool(name, labels={"pool": name}, purposes=list(purposes or PURPOSES), **more)


def read(*pools: dict[str, Any], **more: Any) -> tuple[Pool, ...]:
    nodes = tenancy(workers={"pools": list(pools)}, **more).nodes
    assert nodes is not None
    return nodes.pools


def names(pools: tuple[Pool, ...]) -> list[str]:
    return [each.name for each in pools]


def messages(*pools: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    found = problems(workers={"pools": list(pools)}, **more)
    return [(each.key.removeprefix(f"{KEY}"), each.message) for each in found]


def test_equal_nodes_are_one_kind_for_all_purposes() -> None:
    nodes = tenancy(workers={"count": 2, "cpus": 8, "ramGb": 32}).nodes
    assert nodes is not None
    (kind,) = nodes.kinds
    assert (kind.name, kind.count, kind.cpus, kind.ram_gb, kind.gpus) == ("", 2, 8, 32, 0)
    assert (kind.purposes, kind.labels, kind.taints, kind.barriers) == (PURPOSES, {}, (), frozenset())


def test_a_pool_is_for_all_purposes_by_default() -> None:
    (found,) = read(pool())
    assert found.purposes == PURPOSES
    assert (found.gpus, found.gpu_resource) == (0, "nvidia.com/gpu")


def test_sizes_are_written_for_all_nodes_or_for_each_pool() -> None:
    found = problems(workers={"count": 2, "cpus": 8, "ramGb": 32, "pools": [pool()]})
    assert [each.key for each in found] == [f"pangeo:workers.{key}" for key in ("count", "cpus", "ramGb")]
    assert {each.message for each in found} == {"must not be set together with pools; write it for each pool"}


def test_sizes_are_required_without_pools() -> None:
    found = {each.key: each.message for each in problems(workers={"expectedUsers": 2})}
    assert list(found) == [f"pangeo:workers.{key}" for key in ("count", "cpus", "ramGb")]
    assert found["pangeo:workers.cpus"] == (
        "is required; write for example 8, or describe several kinds of nodes in pools"
    )


def test_sizes_of_a_pool_are_required() -> None:
    assert [key for key, _ in messages({"name": "all"})] == ["[0].count", "[0].cpus", "[0].ramGb"]


def test_names_of_pools_differ() -> None:
    twins = [pool("a"), pool("b"), pool(" a ")]
    assert messages(*twins) == [("[2].name", f"is also the name of {KEY}[0]; write another name")]


@pytest.mark.parametrize("name", ["", "GPU", "gpu_pool", "-gpu", "gpu.a", "a" * 64])
def test_a_name_is_a_dns_label(name: str) -> None:
    assert [key for key, _ in messages(pool(name))] == ["[0].name"]


@pytest.mark.parametrize(
    "key",
    [
        "",
        "a b",
        "-a",
        "a-",
        "a" * 64,
        "/a",
        "example.org/",
        "Example.org/a",
        "a/b/c",
        "example..org/a",
        f"{'a' * 254}/a",
    ],
)
def test_keys_of_labels_and_taints_follow_the_rule_of_kubernetes(key: str) -> None:
    ((label, message),) = messages(pool(labels={key: "x"}))
    assert label.startswith("[0].labels.")
    assert message.startswith("has a key that is none of a label: it must be at most 63 letters")
    assert [place for place, _ in messages(pool(taints=[{"key": key, "effect": "NoSchedule"}]))] == [
        "[0].taints[0].key"
    ]


@pytest.mark.parametrize("value", ["a b", "-a", "a-", "a" * 64, "a/b", "ä"])
def test_values_of_labels_and_taints_follow_the_rule_of_kubernetes(value: str) -> None:
    taint = {"key": "a", "value": value, "effect": "NoSchedule"}
    places = [place for place, _ in messages(pool(labels={"a": value}, taints=[taint]))]
    assert places == ["[0].labels.a", "[0].taints[0].value"]


def test_a_label_with_a_point_is_written_in_quotes() -> None:
    assert messages(pool(labels={"version": 1.30})) == [
        ("[0].labels.version", "is a number with a point; write it in quotes")
    ]


def test_labels_of_yaml_are_texts() -> None:
    (found,) = read(pool(labels={"b": True, "a": 1, "c": None}))
    assert found.labels == {"a": "1", "b": "true", "c": ""}


@pytest.mark.parametrize("labels", ["a=b", ["a"], 3])
def test_labels_are_a_section(labels: object) -> None:
    assert messages(pool(labels=labels)) == [("[0].labels", "is not a section; write labels and their values below it")]


def test_effects_are_those_of_kubernetes() -> None:
    assert messages(pool(taints=[{"key": "a", "effect": "Never"}])) == [
        ("[0].taints[0].effect", "must be NoSchedule, PreferNoSchedule or NoExecute")
    ]


def test_a_node_has_each_taint_once() -> None:
    taints = [{"key": "a", "effect": effect} for effect in ("NoSchedule", "NoExecute", "NoSchedule")]
    assert messages(pool(taints=taints)) == [
        ("[0].taints[2].key", "has the key and effect of taints[0]; a node has each pair once, so remove one")
    ]


@pytest.mark.parametrize(
    "resource", ["", "gpu", "cpu", "kubernetes.io/gpu", "x.kubernetes.io/gpu", "requests.a.org/b", "a/"]
)
def test_gpus_are_an_extended_resource(resource: str) -> None:
    assert [place for place, _ in messages(pool(gpus=1, gpuResource=resource))] == ["[0].gpuResource"]


def test_each_purpose_has_a_pool() -> None:
    assert messages(labelled("core", "hub"), labelled("dask", "daskWorkers")) == [
        ("", "has no pool for the purpose notebooks; add it to the purposes of one"),
        ("", "has no pool for the purpose daskSchedulers; add it to the purposes of one"),
    ]


def test_dask_needs_no_pool_where_it_is_off() -> None:
    assert names(read(labelled("core", "hub"), labelled("users", "notebooks"), dask={"enabled": False}))


def test_a_pool_has_a_purpose() -> None:
    assert [place for place, _ in messages(pool(), pool("b", purposes=[]))] == ["[1].purposes"]


def test_a_profile_names_a_pool_of_notebooks() -> None:
    profiles = [{"name": "A", "pool": "gpu"}, {"name": "B", "pool": "core"}, {"name": "C", "pool": "users"}]
    core, users = labelled("core", "hub", "daskSchedulers", "daskWorkers"), labelled("users", "notebooks")
    found = problems(workers={"pools": [core, users]}, notebook={"profiles": profiles})
    assert [(each.key, each.value, each.message) for each in found] == [
        (
            "pangeo:notebook.profiles[0].pool",
            "gpu",
            "is not the name of a pool in workers.pools; write core or users",
        ),
        (
            "pangeo:notebook.profiles[1].pool",
            "core",
            "is a pool without the purpose notebooks; add it there, or write another (pool users has it)",
        ),
    ]


@pytest.mark.parametrize("workers", [None, {"count": 2, "cpus": 8, "ramGb": 32}])
def test_a_profile_names_no_pool_where_none_is_described(workers: object) -> None:
    found = problem(notebook={"profiles": [{"name": "A", "pool": "gpu"}]}, workers=workers)
    assert found.message == "is the name of a pool, but workers.pools describes none; add the pool there"


def test_unknown_pools_are_reported_with_all_other_problems() -> None:
    found = problems(
        notebookCpus=-1, workers={"pools": [pool("a", cpus=0)]}, notebook={"profiles": [{"name": "A", "pool": "b"}]}
    )
    assert sorted(each.key for each in found) == [
        "pangeo:notebook.profiles[0].pool",
        "pangeo:notebookCpus",
        "pangeo:workers.pools[0].cpus",
    ]


NO_SCHEDULE = {"key": "gpu", "effect": "NoSchedule"}
PREFER_NO_SCHEDULE = {"key": "gpu", "effect": "PreferNoSchedule"}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(pool("b", purposes=["daskWorkers"]), id="no labels"),
        pytest.param(labelled("a", "daskWorkers") | {"name": "b"}, id="the same labels"),
        pytest.param(pool("b", labels={"pool": "a", "disk": "ssd"}, purposes=["daskWorkers"]), id="more labels"),
        pytest.param(
            pool(
                "b",
                labels={"pool": "a"},
                purposes=["daskWorkers"],
                taints=[PREFER_NO_SCHEDULE],
            ),
            id="a taint that keeps no pod away",
        ),
    ],
)
def test_pools_for_different_pods_can_be_told_apart(other: dict[str, Any]) -> None:
    labels = {"pool": "a"} if "labels" in other else {}
    of_hub = pool("a", labels=labels, purposes=["hub", "notebooks", "daskSchedulers"])
    found = dict(messages(of_hub, other))
    assert found["[1]"].startswith("cannot be told apart from pool a: ")
    assert found["[1]"].endswith("write a label of a that its nodes do not have, or a taint of b")


def test_a_profiles_pool_can_be_told_apart() -> None:
    profiles = [{"name": "A", "pool": "a"}]
    twins = [pool("a"), pool("b")]
    assert messages(*twins) == []
    ((place, message),) = messages(*twins, notebook={"profiles": profiles})
    assert place == "[1]"
    assert "pods of a profile with pool a tolerate its taints, so they could run on pool b" in message


@pytest.mark.parametrize(("purpose", "other"), [("notebooks", "daskWorkers"), ("daskWorkers", "notebooks")])
def test_pools_with_gpus_for_different_pods_can_be_told_apart(purpose: str, other: str) -> None:
    own, foreign = pool("g", gpus=1, purposes=[purpose]), labelled("h", other, gpus=1)
    ((place, message),) = messages(labelled("a"), own, foreign)
    assert place == "[2]"
    assert f"pods of the purpose {purpose} with GPUs tolerate its taints, so they could run on pool h" in message
    assert messages(labelled("a"), own, foreign | {"gpuResource": "amd.com/gpu"}) == []
    assert messages(labelled("a"), own, foreign | {"taints": [NO_SCHEDULE]}) == []


def test_pools_with_gpus_are_not_compared_for_pods_that_have_none() -> None:
    own, foreign = pool("g", gpus=1), labelled("h", "notebooks", "daskWorkers", gpus=1)
    assert messages(labelled("a"), own, foreign) == []


def test_a_taint_tells_a_pool_apart_from_one_without_labels() -> None:
    gpu = pool("gpu", labels={"pool": "gpu"}, taints=[NO_SCHEDULE], purposes=["daskWorkers"])
    assert names(read(pool("a", purposes=["hub", "notebooks", "daskSchedulers"]), gpu)) == ["a", "gpu"]


def test_labels_with_other_values_tell_pools_apart() -> None:
    assert messages(labelled("a", "hub", "notebooks"), labelled("b", "daskSchedulers", "daskWorkers")) == []


def test_pods_run_on_the_pools_of_their_purpose() -> None:
    pools = read(labelled("a", "hub", "notebooks"), labelled("b", "notebooks", "daskWorkers", "daskSchedulers"))
    assert names(pools_of(pools, "hub")) == ["a"]
    assert names(pools_of(pools, "notebooks")) == ["a", "b"]
    assert names(pools_of_notebooks(pools, "b")) == ["b"]


def test_pods_without_gpus_leave_gpus_free() -> None:
    pools = read(labelled("a"), labelled("g", "notebooks", gpus=2))
    assert names(pools_of(pools, "notebooks")) == ["a"]
    assert names(pools_of(pools, "notebooks", gpus=True)) == ["g"]
    assert names(pools_of_notebooks(pools, "g")) == ["g"]


def test_pods_without_gpus_use_pools_with_gpus_where_there_are_no_others() -> None:
    pools = read(labelled("g", gpus=2))
    assert names(pools_of(pools, "daskWorkers")) == ["g"]


def test_pools_are_inputs_of_the_component() -> None:
    given = labelled("a", taints=[NO_SCHEDULE | {"value": ""}]) | {"gpus": 0, "gpuResource": "nvidia.com/gpu"}
    assert tenancy(workers={"pools": [given], "expectedUsers": 3}).as_inputs()["workers"] == {
        "pools": [given],
        "expectedUsers": 3,
    }


def test_equal_nodes_have_the_inputs_of_before() -> None:
    given = {"count": 2, "cpus": 8.0, "ramGb": 32.0}
    assert tenancy(workers=given).as_inputs()["workers"] == given
    profile = tenancy(notebook={"profiles": [{"name": "A"}]}).as_inputs()["notebook"]["profiles"][0]
    assert "pool" not in profile


def test_placeholders_are_in_one_pool_of_notebooks() -> None:
    pools = labelled("a", placeholders=1), labelled("b", "hub", placeholders=1)
    assert messages(*pools) == [
        ("[1].placeholders", "must be 0 in a pool without the purpose notebooks, whose servers take their place")
    ]
    pools = labelled("a", placeholders=1), labelled("b", "notebooks", placeholders=2)
    assert messages(*pools) == [
        ("[1].placeholders", "must be 0, because pool a has placeholders; keep them on one pool")
    ]


@pytest.mark.parametrize(
    ("other", "is_alike"),
    [
        ({}, True),
        ({"labels": {"pool": "a", "disk": "ssd"}}, True),
        ({"purposes": ["daskWorkers"], "labels": {"pool": "b"}}, False),
        ({"gpus": 1}, True),
        ({"taints": [NO_SCHEDULE]}, True),
        ({"taints": [NO_SCHEDULE], "gpus": 1, "purposes": ["notebooks"]}, True),
    ],
)
def test_placeholders_can_run_on_no_other_pool(other: dict[str, Any], is_alike: bool) -> None:
    pools = labelled("a", placeholders=1), labelled("a") | {"name": "b"} | other
    message = "needs a label in labels that nodes of pool b do not have, or placeholders could run there, too"
    assert messages(*pools) == ([("[0].placeholders", message)] if is_alike else [])


def test_placeholders_need_labels_beside_other_pools() -> None:
    assert messages(pool("a", placeholders=1)) == []
    ((place, _),) = messages(pool("a", placeholders=1), pool("b"))
    assert place == "[0].placeholders"
