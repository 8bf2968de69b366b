"""Dask clusters that have a shared folder or a Secret which their user may no longer use."""

from dataclasses import replace
from typing import Any

import pytest

from components.chart.group_overrides import group_overrides
from components.chart.profiles import profile_list
from components.in_hub.folders import Folder
from components.in_hub.outdated_clusters import everyones_variables, find_outdated, profile_overrides
from tests.support.tenancies import tenancy

FOLDERS = [
    {"name": "ocean", "claim": "ocean-data", "writers": ["modellers"], "readers": ["students"]},
    {"name": "ice", "claim": "ice-data", "writers": ["modellers"], "readers": ["all"]},
]
KEYS = {"STORE_KEY": {"secret": "ocean-keys", "key": "access"}, "STORE_URL": "https://s3.example.org"}
OVERRIDES = group_overrides(
    tenancy(sharedFolders=FOLDERS, notebook__groupEnvironment={"modellers": KEYS}),
)["group_overrides"]
OCEAN = Folder("ocean", "/shared/ocean", "ocean-data", ("modellers",), ("students",), read_only=False, required=True)
ICE = Folder("ice", "/shared/ice", "ice-data", ("modellers",), ("all",), read_only=False, required=True)
FOLDERS_OF_HUB = (OCEAN, ICE)


def mount(name: str, *, writes: bool) -> dict[str, Any]:
    return {"name": f"folder-{name}", "mountPath": f"/shared/{name}", "readOnly": not writes}


def key(name: str = "ocean-keys") -> dict[str, Any]:
    return {"name": "STORE_KEY", "valueFrom": {"secretKeyRef": {"name": name, "key": "access"}}}


def cluster(*mounts: dict[str, Any], env: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    """Return a DaskCluster object whose pods have these mounts and variables, as the gateway creates it."""
    container = {"volumeMounts": list(mounts), "env": list(env), "securityContext": {}}
    config = {f"{component}_extra_container_config": container for component in ("scheduler", "worker")}
    return {"metadata": {"name": "one"}, "spec": {"username": "alice", "config": config}}


def is_outdated(found: dict[str, Any], *groups: str) -> bool:
    return find_outdated([found], OVERRIDES, groups, folders=FOLDERS_OF_HUB) == ["one"]


def test_cluster_of_a_member_goes_on() -> None:
    everything = cluster(mount("ocean", writes=True), mount("ice", writes=True), env=(key(),))

    assert not is_outdated(everything, "modellers")
    assert not is_outdated(everything, "others", "modellers")


@pytest.mark.parametrize(
    "found",
    [
        cluster(mount("ocean", writes=True)),
        cluster(mount("ocean", writes=False)),
        cluster(mount("ice", writes=True)),
        cluster(env=(key(),)),
    ],
    ids=["writes", "reads", "writes what all may read", "has a key"],
)
def test_cluster_with_something_of_a_former_group_is_outdated(found: dict[str, Any]) -> None:
    assert is_outdated(found)
    assert is_outdated(found, "others")


def test_former_writer_keeps_only_read_access() -> None:
    assert is_outdated(cluster(mount("ocean", writes=True)), "students")
    assert not is_outdated(cluster(mount("ocean", writes=False)), "students")


def test_writer_may_have_a_cluster_that_only_reads() -> None:
    assert not is_outdated(cluster(mount("ocean", writes=False)), "modellers")


@pytest.mark.parametrize("folders", [(), (ICE,), (ICE, replace(OCEAN, name="sea"))], ids=["none", "other", "renamed"])
def test_cluster_with_a_removed_folder_is_outdated(folders: tuple[Folder, ...]) -> None:
    found = cluster(mount("ocean", writes=True))
    assert find_outdated([found], {}, ("modellers",), folders=folders) == ["one"]


def test_cluster_that_writes_a_folder_which_has_become_read_only_is_outdated() -> None:
    of_all = replace(OCEAN, writers=(), readers=("all",))
    assert find_outdated([cluster(mount("ocean", writes=True))], {}, (), folders=[of_all]) == ["one"]
    assert find_outdated([cluster(mount("ocean", writes=False))], {}, (), folders=[of_all]) == []
    assert (
        find_outdated([cluster(mount("ocean", writes=True))], {}, (), folders=[replace(OCEAN, writers=("all",))]) == []
    )


def test_cluster_with_nothing_of_a_group_goes_on() -> None:
    plain = {"name": "STORE_URL", "value": "https://s3.example.org"}

    assert not is_outdated(cluster(mount("ice", writes=False), env=(key("of-all"), plain)))
    assert not is_outdated({"metadata": {"name": "one"}, "spec": {"username": "alice"}})


def test_cluster_is_compared_with_all_pods_of_it() -> None:
    scheduler_only = cluster(mount("ocean", writes=True))
    del scheduler_only["spec"]["config"]["worker_extra_container_config"]

    assert is_outdated(scheduler_only)


def test_key_that_everybody_has_is_no_groups_key() -> None:
    everyones = [{"valueFrom": {"secretKeyRef": {"name": "ocean-keys", "key": "access"}}}, "x"]

    assert find_outdated([cluster(env=(key(),))], OVERRIDES, (), everyones) == []


def of_profiles(*profiles: dict[str, Any], groups: tuple[str, ...]) -> bool:
    """Return whether a cluster with the key is outdated in a tenancy with profiles only."""
    variables = {"environment": {"STORE_KEY": {"secret": "ocean-keys", "key": "access"}}}
    listed = profile_list(tenancy(notebook__profiles=[{**variables, **profile} for profile in profiles]))
    found = cluster(env=(key(),))
    return find_outdated([found], profile_overrides(listed), groups, everyones_variables(listed)) == ["one"]


def test_cluster_with_a_key_of_a_former_groups_profile_is_outdated() -> None:
    assert of_profiles({"name": "Ocean", "groups": ["modellers"]}, groups=("others",))
    assert not of_profiles({"name": "Ocean", "groups": ["modellers"]}, groups=("modellers",))


def test_key_of_a_profile_that_another_group_or_everybody_has_is_permitted() -> None:
    ocean = {"name": "Ocean", "groups": ["modellers"]}
    assert not of_profiles(ocean, {"name": "Ice", "groups": ["others"]}, groups=("others",))
    assert not of_profiles(ocean, {"name": "Ice"}, groups=())
    assert of_profiles(ocean, {"name": "Ice", "environment": {}}, groups=())


def test_key_of_a_profile_may_also_be_a_groups_variable() -> None:
    listed = profile_list(tenancy(notebook__profiles=[{"name": "O", "groups": ["x"], "environment": KEYS}]))
    overrides = {**OVERRIDES, **profile_overrides(listed)}
    assert find_outdated([cluster(env=(key(),))], overrides, ("modellers",)) == []
    assert find_outdated([cluster(env=(key(),))], overrides, ("x",)) == []
    assert find_outdated([cluster(env=(key(),))], overrides, ("others",)) == ["one"]


def test_gpus_of_a_group_are_only_for_its_members() -> None:
    found = cluster()
    found["spec"]["config"]["worker_extra_container_config"] = {"resources": {"limits": {"nvidia.com/gpu": "1"}}}

    def outdated(*groups: str, gpu_groups: tuple[str, ...] = ("gpu_users",)) -> list[str]:
        return find_outdated([found, cluster()], OVERRIDES, groups, folders=FOLDERS_OF_HUB, gpu_groups=gpu_groups)

    assert outdated("others") == ["one"]
    assert outdated("others", "gpu_users") == outdated("others", gpu_groups=()) == []
