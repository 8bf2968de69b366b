"""What a notebook gets, and what users may take with Dask."""

from typing import Any

import pytest

from policies.rules.sizes import gigabytes
from tests.unit.policies import declared
from tests.unit.policies.declared import GONE

SIZES, DASK = "guaranteed-resources", "dask-limits"


def said(organisation: dict[str, Any] | None = None, **changes: Any) -> list[str]:
    return declared.of(SIZES, declared.release(**changes), organisation=organisation).sentences


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"singleuser__cpu__guarantee": 1}, "singleuser: CPU limit 2 is not the guarantee 1"),
        ({"singleuser__cpu__guarantee": None}, "singleuser: CPU limit 2 is not the guarantee null"),
        ({"singleuser__memory__guarantee": "1G"}, 'singleuser: memory limit "4G" is not the guarantee "1G"'),
        ({"singleuser__cpu": GONE}, "singleuser.cpu.limit is not set: one notebook could take a whole node"),
        ({"singleuser__memory": GONE}, "singleuser.memory.limit is not set: one notebook could take a whole node"),
        (
            {"singleuser__cpu": {"limit": 3, "guarantee": 3}},
            "singleuser gives 3 where pangeo:notebookCpus is 2",
        ),
        (
            {"hub__config__KubeSpawner__mem_guarantee": "1M"},
            "hub.config.KubeSpawner.mem_guarantee overrides the tenancy's size",
        ),
        (
            {"singleuser__profileList": [{"kubespawner_override": {"mem_limit": "8G"}}]},
            'singleuser.profileList[0]: memory limit "8G" is not the guarantee null',
        ),
    ],
)
def test_what_a_notebook_may_use_is_reserved_for_it(changes: dict[str, Any], sentence: str) -> None:
    assert said(**changes) == [sentence]


def test_a_size_is_within_the_organisations_bounds() -> None:
    assert said({"mostCpus": 2.0, "mostRamGb": 4.0}) == []
    assert said({"mostCpus": 1.5}) == ["singleuser: 2 CPUs are not within 1.5"]
    assert said({"mostRamGb": 3.0}) == ['singleuser: memory "4G" is not within 3G']


def test_a_size_is_within_a_worker_where_the_tenancy_states_its_workers() -> None:
    large = [{"kubespawner_override": {"cpu_limit": 16, "cpu_guarantee": 16}}]
    stack = declared.config(workers={"count": 3, "cpus": 8, "ramGb": 32})
    found = declared.of(SIZES, declared.release(singleuser__profileList=large), stack=stack).sentences
    assert found == ["singleuser.profileList[0]: 16 CPUs are not within 8"]


def test_memory_is_read_as_the_hub_reads_it() -> None:
    assert [gigabytes(text) for text in ("4G", "512M", "1.5G", "1T")] == [4, 0.5, 1.5, 1024]
    assert [gigabytes(wrong) for wrong in ("4Gi", "4", "", 4)] == [None] * 4
    assert len(said(singleuser__memory={"limit": "4Gi", "guarantee": "4Gi"})) == 1


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("c.ClusterConfig.idle_timeout = 0", "does not set idle_timeout, or to nothing"),
        ("c.ClusterConfig.cluster_max_workers = None", "does not set cluster_max_workers, or to nothing"),
        ("c.KubeClusterConfig.cluster_max_cores = 0", "does not set cluster_max_cores, or to nothing"),
        ("c.ClusterConfig.cluster_max_memory = ask()", "sets cluster_max_memory to something computed"),
        ("c.BoundedKubeBackend.clusters_per_user = 0", "does not set clusters_per_user, or to nothing"),
        ("c.ClusterConfig.idle_timeout = 86401", "minutes, more than 1440"),
        ("if True:\n    c.ClusterConfig.idle_timeout = 0", "does not set idle_timeout"),
        ("c.ClusterConfig.idle_timeout =", "is no Python"),
    ],
)
def test_a_later_piece_does_not_lift_the_bounds(code: str, sentence: str) -> None:
    (found,) = declared.of(DASK, declared.gateway(gateway__extraConfig__zz=code)).sentences
    assert sentence in found


def test_without_bounds_every_one_is_missed() -> None:
    found = declared.of(DASK, declared.gateway(gateway__extraConfig={})).sentences
    assert [each.split()[4].rstrip(",") for each in found] == [
        "idle_timeout",
        "cluster_max_workers",
        "cluster_max_cores",
        "cluster_max_memory",
        "clusters_per_user",
    ]


def test_without_the_gateway_there_is_nothing_to_bound() -> None:
    assert declared.of(DASK, declared.gateway(enabled=False, gateway=GONE)).sentences == []
