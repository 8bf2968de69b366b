"""Limits of one Dask cluster, of one user and of all users together."""

from typing import Any

import pytest

from components.chart.dask_limits import cluster_limits, quota_limits
from tests.support.tenancies import problem, problems, tenancy

WORKERS = {"count": 2, "cpus": 8, "ramGb": 32}


def test_cluster_has_the_tenancys_limits() -> None:
    limits = cluster_limits(tenancy(dask={"maxWorkers": 7, "maxCores": 14, "maxRamGb": 20.5, "idleMinutes": 45}))
    assert limits.splitlines() == [
        "c.ClusterConfig.cluster_max_workers = 7",
        "c.ClusterConfig.cluster_max_cores = 14",
        'c.ClusterConfig.cluster_max_memory = "20.5 G"',
        "c.ClusterConfig.idle_timeout = 2700",
    ]


def test_idle_cluster_ends_after_half_an_hour_by_default() -> None:
    assert "c.ClusterConfig.idle_timeout = 1800" in cluster_limits(tenancy())


@pytest.mark.parametrize("word", ["never", "Never", " never "])
def test_idle_cluster_stays_only_with_never(word: str) -> None:
    assert "c.ClusterConfig.idle_timeout = 0" in cluster_limits(tenancy(dask__idleMinutes=word))


@pytest.mark.parametrize("minutes", [45, "45", 45.0])
def test_idle_minutes_may_be_text_or_number(minutes: Any) -> None:
    assert tenancy(dask__idleMinutes=minutes).dask.idle_minutes == 45


@pytest.mark.parametrize(
    ("minutes", "message"),
    [
        (0, "would never stop idle clusters; write never if that is intended, or at least 1"),
        ("0", "would never stop idle clusters; write never if that is intended, or at least 1"),
        (-5, "must be 1 to 10080 minutes, or never"),
        (20000, "must be 1 to 10080 minutes, or never"),
        (2.5, "is not a whole number of minutes; write for example 30, or never"),
        ("soon", "is not a whole number of minutes; write for example 30, or never"),
        ("nan", "is not a whole number of minutes; write for example 30, or never"),
        ("inf", "is not a whole number of minutes; write for example 30, or never"),
        (True, "is not a whole number of minutes; write for example 30, or never"),
    ],
)
def test_invalid_idle_minutes_are_reported(minutes: Any, message: str) -> None:
    reported = problem(dask__idleMinutes=minutes)
    assert (reported.key, reported.message) == ("pangeo:dask.idleMinutes", message)


@pytest.mark.parametrize(
    ("dask", "message"),
    [
        (
            {"maxCores": 1},
            "has maxCores 1, but a scheduler (1) and a worker of the default size need 2; raise maxCores",
        ),
        (
            {"maxRamGb": 3},
            "has maxRamGb 3, but a scheduler (2) and a worker of the default size need 4; raise maxRamGb",
        ),
        (
            {"totalCores": 1},
            "has totalCores 1, but a scheduler (1) and a worker of the default size need 2; raise totalCores",
        ),
        (
            {"totalRamGb": 3.5},
            "has totalRamGb 3.5, but a scheduler (2) and a worker of the default size need 4; raise totalRamGb",
        ),
    ],
)
def test_limits_too_small_for_one_worker_are_reported(dask: dict[str, Any], message: str) -> None:
    reported = problem(dask=dask)
    assert (reported.key, reported.message) == ("pangeo:dask", message)


def test_quota_has_the_tenancys_limits() -> None:
    assert quota_limits(tenancy(dask={"totalCores": 12, "totalRamGb": 40.5}, workers=WORKERS)).as_quota() == {
        "requests.cpu": "12000m",
        "requests.memory": "41472Mi",
    }


def test_quota_defaults_to_the_capacity_of_the_nodes() -> None:
    # 2 × 7.91 − 0.5 CPUs and 2 × (28.44 − 100 / 1024) − 1 GB
    assert quota_limits(tenancy(workers=WORKERS)).as_quota() == {"requests.cpu": "15320m", "requests.memory": "57021Mi"}


def test_no_quota_without_limits_and_nodes() -> None:
    assert quota_limits(tenancy()).as_quota() == {}


@pytest.mark.parametrize(
    ("gpus", "limit"),
    [({}, {"requests.example.com/gpu": "8"}), ({"total": 3}, {"requests.example.com/gpu": "3"})],
)
def test_clusters_share_the_gpus_of_their_nodes(gpus: dict[str, Any], limit: dict[str, str]) -> None:
    pools = [
        {"name": "cpu", **WORKERS, "labels": {"pool": "cpu"}},
        {"name": "gpu", **WORKERS, "gpus": 4, "gpuResource": "example.com/gpu", "labels": {"pool": "gpu"}}
        | {"purposes": ["notebooks", "daskWorkers"]},
    ]
    quota = quota_limits(tenancy(workers={"pools": pools}, dask={"workerGpus": gpus})).as_quota()

    assert {name: number for name, number in quota.items() if "gpu" in name} == limit


def test_gpus_have_no_limit_without_described_nodes() -> None:
    assert quota_limits(tenancy(dask={"workerGpus": {}})).as_quota() == {}


def test_limits_of_gpus_fit_each_other() -> None:
    found = problems(dask={"workerGpus": {"max": 2, "default": 3, "total": 1, "maxPerCluster": 1}})

    assert [(each.key, each.message) for each in found] == [
        ("pangeo:dask.workerGpus.default", "is more than max 2; reduce it, or raise max"),
        *(
            (
                f"pangeo:dask.workerGpus.{key}",
                "is less than max 2, so a worker with the most GPUs could not start; raise it",
            )
            for key in ("maxPerCluster", "total")
        ),
    ]
