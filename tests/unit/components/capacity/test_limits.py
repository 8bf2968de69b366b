"""Temporary storage and volumes, which limit the notebooks of a node as CPUs and memory do."""

from typing import Any

import pytest

from components.capacity.total import Capacity, compute_capacity
from tests.support.tenancies import tenancy

SMALL = {"notebookCpus": 0.1, "notebookRamGb": 0.5, "dask": {"enabled": False}}
"""Notebooks of which 56 fit on a node by memory."""


def capacity(described: dict[str, Any], **changes: Any) -> Capacity:
    read = compute_capacity(tenancy(**{**SMALL, **changes}, workers={"count": 2, "cpus": 8, "ramGb": 32, **described}))
    assert read is not None
    return read


def test_each_server_takes_a_volume_and_the_hub_one_more() -> None:
    read = capacity({"maxVolumes": 25})
    assert (read.notebooks_per_node, read.notebooks, read.limited_by) == (25, 24 + 25, ("volumes",))
    assert str(read) == "capacity of 2 nodes: 49 notebooks (limited by volumes)"


def test_a_node_attaches_a_shared_folder_once_for_all_servers() -> None:
    nfs = {"name": "c", "nfs": {"server": "nfs.example.org", "path": "/c"}, "readers": "all"}
    folders = [{"name": name, "claim": name, "readers": "all"} for name in ("a", "b")]
    assert capacity({"maxVolumes": 25}, sharedFolders=[*folders, nfs]).notebooks == 22 + 23


def test_reserved_temporary_storage_is_counted_if_the_disk_is_known() -> None:
    """Kubelet keeps a tenth of the disk free."""
    assert capacity({"diskGb": 50}).notebooks_per_node == 45
    read = capacity({"diskGb": 50}, notebook={"temporaryStorageRequestGb": 5})
    assert (read.notebooks_per_node, read.limited_by) == (9, ("temporary storage",))
    assert capacity({}, notebook={"temporaryStorageRequestGb": 5}).notebooks_per_node == 56


def test_the_resource_that_limits_is_named() -> None:
    assert capacity({}).limited_by == ("memory",)
    assert capacity({}, notebookCpus=2).limited_by == ("CPUs",)
    assert capacity({"ramGb": 512, "cpus": 64}).limited_by == ("pods",)


def test_nodes_needed_by_expected_users_are_counted_with_volumes() -> None:
    assert capacity({"maxVolumes": 5, "expectedUsers": 14}).nodes_needed == 3
    assert capacity({"maxVolumes": 5, "expectedUsers": 15}).nodes_needed == 4


def test_each_pool_has_its_own_limits() -> None:
    pools = [
        {"name": "a", "count": 1, "cpus": 8, "ramGb": 32, "maxVolumes": 6, "labels": {"pool": "a"}},
        {"name": "b", "count": 1, "cpus": 8, "ramGb": 32, "labels": {"pool": "b"}},
    ]
    read = compute_capacity(tenancy(**SMALL, workers={"pools": pools}))
    assert read is not None
    assert [each.as_output()["notebooks"] for each in read.pools] == [
        [{"size": "", "count": 5, "limitedBy": ["volumes"]}],
        [{"size": "", "count": 56, "limitedBy": ["memory"]}],
    ]


@pytest.mark.parametrize(
    ("described", "changes", "message"),
    [
        (
            {"diskGb": 20},
            {},
            "a notebook may write 20 GB of temporary files, but pods can use only 18 GB of the disk of a node, so one "
            "of them can fill it; reduce notebook.temporaryStorageGb",
        ),
        (
            {"diskGb": 60},
            {"dask": {"workerTemporaryStorageGb": 55, "maxCores": 4, "maxRamGb": 16}},
            "a Dask worker may write 55 GB of temporary files, but pods can use only 54 GB of the disk of a node, so "
            "one of them can fill it; reduce dask.workerTemporaryStorageGb",
        ),
        (
            {"maxVolumes": 1},
            {"sharedFolders": [{"name": "a", "claim": "a", "readers": "all"}]},
            "a node attaches at most 1 volume, all of them for shared folders and the hub's database, so that no "
            "server can start there; correct maxVolumes, or use other nodes",
        ),
    ],
)
def test_limits_that_do_not_protect_a_node_cause_a_warning(
    described: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    assert message in capacity(described, **changes).warnings


def test_usual_limits_cause_no_warning() -> None:
    assert capacity({"diskGb": 50, "maxVolumes": 25}).warnings == ()
