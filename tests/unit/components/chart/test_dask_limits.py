"""What a user may ask of Dask, and what all users together may."""

from typing import Any

import pytest

from components.chart.dask_limits import cluster_limits, gateway_configuration, total, user_limits
from tests.support.tenancies import problem, tenancy

WORKERS = {"count": 2, "cpus": 8, "ramGb": 32}


def test_a_cluster_has_the_tenancys_bounds() -> None:
    bounds = cluster_limits(tenancy(dask={"maxWorkers": 7, "maxCores": 14, "maxRamGb": 20.5, "idleMinutes": 45}))
    assert bounds.splitlines() == [
        "c.ClusterConfig.cluster_max_workers = 7",
        "c.ClusterConfig.cluster_max_cores = 14",
        'c.ClusterConfig.cluster_max_memory = "20.5 G"',
        "c.ClusterConfig.idle_timeout = 2700",
    ]


def test_an_idle_cluster_ends_after_half_an_hour_where_nothing_is_said() -> None:
    assert "c.ClusterConfig.idle_timeout = 1800" in cluster_limits(tenancy())


@pytest.mark.parametrize("word", ["never", "Never", " never "])
def test_an_idle_cluster_stays_only_where_that_is_said_in_a_word(word: str) -> None:
    assert "c.ClusterConfig.idle_timeout = 0" in cluster_limits(tenancy(dask__idleMinutes=word))


@pytest.mark.parametrize("minutes", [45, "45", 45.0])
def test_minutes_are_read_however_they_are_written(minutes: Any) -> None:
    assert tenancy(dask__idleMinutes=minutes).dask.idle_minutes == 45


@pytest.mark.parametrize(
    ("minutes", "what"),
    [
        (0, "would let idle clusters run for ever; write never if that is meant, or at least 1 minute"),
        ("0", "would let idle clusters run for ever; write never if that is meant, or at least 1 minute"),
        (-5, "is out of bounds; write 1 to 10080 minutes, or never"),
        (20000, "is out of bounds; write 1 to 10080 minutes, or never"),
        (2.5, "is not a whole number of minutes; write e.g. 30, or never"),
        ("soon", "is not a whole number of minutes; write e.g. 30, or never"),
        ("nan", "is not a whole number of minutes; write e.g. 30, or never"),
        ("inf", "is not a whole number of minutes; write e.g. 30, or never"),
        (True, "is not a whole number of minutes; write e.g. 30, or never"),
    ],
)
def test_an_idle_time_that_cannot_be_is_told(minutes: Any, what: str) -> None:
    told = problem(dask__idleMinutes=minutes)
    assert (told.key, told.message) == ("pangeo:dask.idleMinutes", what)


@pytest.mark.parametrize(
    ("dask", "what"),
    [
        ({"maxCores": 1}, "has maxCores 1, and one cluster needs 2 for a scheduler (1) and one worker"),
        ({"maxRamGb": 3}, "has maxRamGb 3, and one cluster needs 4 for a scheduler (2) and one worker"),
        ({"totalCores": 1}, "has totalCores 1, and all clusters need 2 for a scheduler (1) and one worker"),
        ({"totalRamGb": 3.5}, "has totalRamGb 3.5, and all clusters need 4 for a scheduler (2) and one worker"),
    ],
)
def test_bounds_with_no_room_for_a_single_worker_are_told(dask: dict[str, Any], what: str) -> None:
    told = problem(dask=dask)
    assert (told.key, told.message) == ("pangeo:dask", f"{what} of the default size; raise it")


@pytest.mark.parametrize("count", [1, 5])
def test_a_user_has_so_many_clusters_at_a_time(count: int) -> None:
    python = user_limits(tenancy(dask__clustersPerUser=count))
    assert python.endswith(f"c.BoundedKubeBackend.clusters_per_user = {count}\n")


@pytest.mark.parametrize(("dask", "quota"), [({"totalRamGb": 40}, "vis-pangeo-dask"), ({}, "")])
def test_the_gateway_looks_at_the_quota_that_is_there(dask: dict[str, Any], quota: str) -> None:
    assert f'c.BoundedKubeBackend.quota = "{quota}"\n' in user_limits(tenancy(dask=dask))


def test_every_block_of_the_gateways_configuration_is_python() -> None:
    for name, python in gateway_configuration(tenancy()).items():
        compile(python, name, "exec")


def test_all_users_together_have_what_is_stated_for_them() -> None:
    assert total(tenancy(dask={"totalCores": 12, "totalRamGb": 40.5}, workers=WORKERS)).as_quota() == {
        "requests.cpu": "12000m",
        "requests.memory": "41472Mi",
    }


def test_unsaid_it_is_what_the_stated_workers_have_for_pods_beside_the_hub() -> None:
    # 2 × 7.91 − 0.5 CPUs and 2 × (28.44 − 100 / 1024) − 1 GB
    assert total(tenancy(workers=WORKERS)).as_quota() == {"requests.cpu": "15320m", "requests.memory": "57021Mi"}


def test_without_stated_workers_there_is_no_bound_but_the_clusters_own() -> None:
    assert total(tenancy()).as_quota() == {}
