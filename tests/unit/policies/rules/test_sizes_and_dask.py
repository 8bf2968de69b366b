"""The size of a notebook, and the limits of Dask clusters."""

from typing import Any

import pytest

from policies.rules.sizes import parse_gigabytes
from tests.unit.policies import declared
from tests.unit.policies.declared import REMOVED

SIZES, DASK = "guaranteed-resources", "dask-limits"


def check_sizes(organisation: dict[str, Any] | None = None, **changes: Any) -> list[str]:
    return declared.check(SIZES, declared.release(**changes), organisation=organisation).messages


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"singleuser__cpu__guarantee": 1}, "singleuser: CPU limit 2 is not the guarantee 1"),
        ({"singleuser__cpu__guarantee": None}, "singleuser: CPU limit 2 is not the guarantee null"),
        ({"singleuser__memory__guarantee": "1G"}, 'singleuser: memory limit "4G" is not the guarantee "1G"'),
        ({"singleuser__cpu": REMOVED}, "singleuser.cpu.limit is not set: one notebook could use a whole node"),
        ({"singleuser__memory": REMOVED}, "singleuser.memory.limit is not set: one notebook could use a whole node"),
        (
            {"singleuser__cpu": {"limit": 3, "guarantee": 3}},
            "singleuser.cpu.limit is 3; for pangeo:notebookCpus it must be 2",
        ),
        (
            {"singleuser__memory": {"limit": "8G", "guarantee": "8G"}},
            'singleuser.memory.limit is "8G"; for pangeo:notebookRamGb it must be "4G"',
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
def test_a_notebooks_limits_are_its_guarantees(changes: dict[str, Any], message: str) -> None:
    assert check_sizes(**changes) == [message]


def test_a_size_is_within_the_organisations_bounds() -> None:
    assert check_sizes({"mostCpus": 2.0, "mostRamGb": 4.0}) == []
    assert check_sizes({"mostCpus": 1.5}) == ["singleuser: 2 CPUs is not between 0 and 1.5"]
    assert check_sizes({"mostRamGb": 3.0}) == ['singleuser: memory "4G" is not between 0 and 3G']


def test_sizes_to_choose_from_are_within_the_bounds() -> None:
    large = {"cpu_limit": 99, "cpu_guarantee": 99, "mem_limit": "4G", "mem_guarantee": "2G"}
    options = {"size": {"choices": {"Large": {"kubespawner_override": large}}}}
    place = "singleuser.profileList[0].profile_options.size.choices.Large"
    assert check_sizes(singleuser__profileList=[{"display_name": "Free", "profile_options": options}]) == [
        f'{place}: memory limit "4G" is not the guarantee "2G"',
        f"{place}: 99 CPUs is not between 0 and 64",
    ]


def test_gpus_are_within_the_organisations_bounds() -> None:
    def check(count: object, **organisation: float) -> list[str]:
        profile = {"kubespawner_override": {"extra_resource_limits": {"nvidia.com/gpu": count}}}
        return check_sizes(dict(organisation), singleuser__profileList=[profile])

    assert check("8") == check("2", mostGpus=2.0) == []
    assert check("2", mostGpus=1.0) == ['singleuser.profileList[0]: "2" of nvidia.com/gpu is not between 0 and 1']
    devices = {"kubespawner_override": {"extra_resource_limits": {"devices.example.org/kvm": "1"}}}
    assert check_sizes(singleuser__profileList=[devices]) == [
        "singleuser.profileList[0]: devices.example.org/kvm is not the gpuResource of a pool in pangeo:workers.pools"
    ]
    assert check("0.5") == ['singleuser.profileList[0]: "0.5" of nvidia.com/gpu is not between 0 and 8']


def test_a_size_fits_on_one_of_the_stated_nodes() -> None:
    large = [{"kubespawner_override": {"cpu_limit": 16, "cpu_guarantee": 16}}]
    stack = declared.config(workers={"count": 3, "cpus": 8, "ramGb": 32})
    found = declared.check(SIZES, declared.release(singleuser__profileList=large), stack=stack).messages
    assert found == ["singleuser.profileList[0]: 16 CPUs is not between 0 and 8"]


def test_sizes_of_users_and_groups_are_within_the_bounds() -> None:
    sizes = {"groups": {"ocean": {"cpus": 8, "ramGb": 16}}, "users": {"alice": {"storageGb": 200}}}

    def check(organisation: dict[str, Any], **changes: Any) -> list[str]:
        stack = declared.config(sizes=sizes, **changes)
        return declared.check(SIZES, declared.release(), stack=stack, organisation=organisation).messages

    assert check({}) == []
    assert check({"mostCpus": 7.0, "mostRamGb": 15.0, "mostStorageGb": 100.0}) == [
        "pangeo:sizes.groups.ocean: 8 CPUs is more than 7",
        "pangeo:sizes.groups.ocean: 16 GB of memory is more than 15",
        "pangeo:sizes.users.alice: 200 GB of a home is more than 100",
    ]
    assert check({}, workers={"count": 3, "cpus": 4, "ramGb": 32}) == [
        "pangeo:sizes.groups.ocean: 8 CPUs is more than 4"
    ]
    assert check_sizes({"mostStorageGb": 9.0}) == ["pangeo:notebookStorageGb: 10 is more than 9"]


def test_number_of_further_servers_is_within_the_organisations_bound() -> None:
    stack = declared.config(notebook={"furtherServers": 4})
    release = declared.release()
    assert declared.check(SIZES, release, stack=stack).messages == ["pangeo:notebook.furtherServers: 4 is more than 3"]
    assert declared.check(SIZES, release, stack=stack, organisation={"mostFurtherServers": 4.0}).messages == []


def test_memory_is_parsed_as_in_jupyterhub() -> None:
    assert [parse_gigabytes(text) for text in ("4G", "512M", "1.5G", "1T")] == [4, 0.5, 1.5, 1024]
    assert [parse_gigabytes(wrong) for wrong in ("4Gi", "4", "", 4)] == [None] * 4
    assert check_sizes(singleuser__memory={"limit": "4Gi", "guarantee": "4Gi"}) == [
        'singleuser.memory.limit is "4Gi"; for pangeo:notebookRamGb it must be "4G"',
        'singleuser: memory "4Gi" is not between 0 and 512G',
    ]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("c.ClusterConfig.idle_timeout = 0", "sets no idle_timeout"),
        ("c.ClusterConfig.cluster_max_workers = None", "sets no cluster_max_workers"),
        ("c.KubeClusterConfig.cluster_max_cores = 0", "sets no cluster_max_cores"),
        ("c.ClusterConfig.cluster_max_memory = ask()", "sets cluster_max_memory to a computed value"),
        ("c.BoundedKubeBackend.clusters_per_user = 0", "sets no clusters_per_user"),
        ("c.ClusterConfig.idle_timeout = 86401", "minutes, more than 1440"),
        ("if True:\n    c.ClusterConfig.idle_timeout = 0", "sets no idle_timeout"),
        (
            "if True:\n    c.ClusterConfig.idle_timeout = 1800\nc.ClusterConfig.idle_timeout = 0",
            "sets no idle_timeout",
        ),
        ("c.ClusterConfig.idle_timeout =", "is not valid Python"),
    ],
)
def test_later_code_cannot_remove_the_limits(code: str, message: str) -> None:
    (found,) = declared.check(DASK, declared.gateway(gateway__extraConfig__zz=code)).messages
    assert message in found


def test_idle_clusters_run_on_if_idle_minutes_is_never() -> None:
    code = {"gateway__extraConfig__zz": "c.ClusterConfig.idle_timeout = 0"}
    stack = declared.config(dask={"idleMinutes": "never"})
    assert declared.check(DASK, declared.gateway(**code), stack=stack).messages == []
    assert (
        len(declared.check(DASK, declared.gateway(**code), stack=stack, organisation={"acceptNever": False}).messages)
        == 1
    )
    missing = declared.gateway(gateway__extraConfig__zz="c.ClusterConfig.idle_timeout = None")
    assert len(declared.check(DASK, missing, stack=stack).messages) == 1


def test_every_missing_limit_is_reported() -> None:
    found = declared.check(DASK, declared.gateway(gateway__extraConfig={})).messages
    assert [each.split()[3].rstrip(",") for each in found] == [
        "idle_timeout",
        "cluster_max_workers",
        "cluster_max_cores",
        "cluster_max_memory",
        "clusters_per_user",
    ]


def test_a_disabled_gateway_needs_no_limits() -> None:
    assert declared.check(DASK, declared.gateway(enabled=False, gateway=REMOVED)).messages == []
