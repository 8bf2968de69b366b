"""Temporary storage in the values of the charts."""

from typing import Any

import pytest

from components.chart.temporary_storage import format_storage
from components.chart.values import chart_values
from tests.support.tenancies import tenancy

NODES = {"count": 2, "cpus": 8, "ramGb": 32}


def server(**changes: Any) -> Any:
    return chart_values(tenancy(**changes))["jupyterhub"]["singleuser"]["extraResource"]


def dask(component: str, **changes: Any) -> Any:
    backend = chart_values(tenancy(**changes))["dask-gateway"]["gateway"]["backend"]
    return backend[component]["extraContainerConfig"]["resources"]


def test_each_pod_is_limited_without_any_setting_and_reserves_nothing() -> None:
    """A request would keep pods away from nodes whose kubelet reports no temporary storage."""
    assert server() == {"limits": {"ephemeral-storage": "20Gi"}, "guarantees": {"ephemeral-storage": "0"}}
    assert dask("scheduler") == {"limits": {"ephemeral-storage": "10Gi"}, "requests": {"ephemeral-storage": "0"}}
    assert dask("worker") == {"limits": {"ephemeral-storage": "20Gi"}, "requests": {"ephemeral-storage": "0"}}


def test_some_is_reserved_where_the_nodes_disks_are_known() -> None:
    disks = {"workers": {**NODES, "diskGb": 100}}
    assert server(workers=NODES)["guarantees"] == {"ephemeral-storage": "0"}
    assert server(**disks)["guarantees"] == {"ephemeral-storage": "1Gi"}
    assert dask("worker", **disks)["requests"] == {"ephemeral-storage": "1Gi"}
    assert server(**disks, notebook={"temporaryStorageGb": 0.5})["guarantees"] == {"ephemeral-storage": "512Mi"}


def test_the_stack_decides_about_limits_and_requests() -> None:
    own = {"temporaryStorageGb": 50, "temporaryStorageRequestGb": 2.5}
    assert server(notebook=own) == {
        "limits": {"ephemeral-storage": "50Gi"},
        "guarantees": {"ephemeral-storage": "2560Mi"},
    }
    limits = {"schedulerTemporaryStorageGb": 4, "workerTemporaryStorageGb": 100, "temporaryStorageRequestGb": 3}
    assert dask("scheduler", dask=limits)["limits"] == {"ephemeral-storage": "4Gi"}
    assert dask("worker", dask={**limits, "cpuRequest": 0.5}) == {
        "limits": {"ephemeral-storage": "100Gi"},
        "requests": {"ephemeral-storage": "3Gi", "cpu": "500m"},
    }


def test_workers_move_at_most_four_fifths_of_their_limit_out_of_memory() -> None:
    def variable(gigabytes: float) -> str:
        values = chart_values(tenancy(dask={"workerTemporaryStorageGb": gigabytes}))["dask-gateway"]
        return str(values["gateway"]["backend"]["environment"]["DASK_DISTRIBUTED__WORKER__MEMORY__MAX_SPILL"])

    assert variable(20) == "16384MiB"
    assert variable(0.5) == "409MiB"


def test_placeholders_keep_the_room_of_a_server() -> None:
    pool = {"name": "a", "count": 2, "cpus": 8, "ramGb": 32, "placeholders": 1, "labels": {"pool": "a"}}

    def requested(**more: Any) -> Any:
        values = chart_values(tenancy(workers={"pools": [{**pool, **more}]}))["jupyterhub"]["scheduling"]
        return values["userPlaceholder"]["resources"]["requests"].get("ephemeral-storage")

    assert requested() is None
    assert requested(diskGb=100) == "1Gi"


@pytest.mark.parametrize(("gigabytes", "text"), [(0, "0"), (20, "20Gi"), (0.1, "103Mi"), (2.5, "2560Mi")])
def test_sizes_are_kubernetes_quantities(gigabytes: float, text: str) -> None:
    assert format_storage(gigabytes) == text
