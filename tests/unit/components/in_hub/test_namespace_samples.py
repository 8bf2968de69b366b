"""Metrics that follow from the objects of the namespace."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from components.in_backup.pods import PURPOSE
from components.in_backup.snapshots import SNAPSHOT_PURPOSE
from components.in_hub.home_use import HomeUse, judge_report, read_report, read_use
from components.in_hub.namespace_samples import (
    Sample,
    backup_samples,
    dask_samples,
    home_samples,
    pod_samples,
    quota_samples,
    read_homes,
    read_pods,
    user_samples,
)

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
GIB = 1024**3


def ago(seconds: float) -> str:
    return (NOW - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def pod(
    component: str, phase: str = "Running", *, node: str = "n1", user: str = "", cpu: str = "500m", **metadata: Any
) -> dict[str, Any]:
    return {
        "metadata": {
            "labels": {"component": component},
            "annotations": {"hub.jupyter.org/username": user} if user else {},
            "creationTimestamp": ago(90),
            **metadata,
        },
        "spec": {
            **({"nodeName": node} if node else {}),
            "containers": [{"resources": {"requests": {"cpu": cpu, "memory": "1Gi"}}}, {}],
        },
        "status": {"phase": phase},
    }


def claim(name: str, *, user: str = "", size: str = "10Gi", **annotations: str) -> dict[str, Any]:
    own = {"hub.jupyter.org/username": user} if user else {}
    metadata = {"name": name, "creationTimestamp": ago(1000), "annotations": {**own, **annotations}}
    return {"metadata": metadata, "spec": {"resources": {"requests": {"storage": "1Gi"}}}} | {
        "status": {"capacity": {"storage": size}}
    }


def found(samples: Iterable[Sample]) -> dict[str, float]:
    return {"|".join((each[0].name.removeprefix("pangeo_"), *each[1])): each[2] for each in samples}


def test_pending_pods_and_guarantees_by_kind() -> None:
    pods = [
        pod("singleuser-server", user="alice"),
        pod("singleuser-server", "Pending", node="", user="bob"),
        pod("singleuser-server", "Pending", user="carol", creationTimestamp=ago(30)),
        pod("dask-worker", "Succeeded"),
        pod("user-placeholder", "Pending", node=""),
        pod("hub", deletionTimestamp=ago(1)),
        pod("proxy", cpu="100m"),
    ]
    samples = found(pod_samples(read_pods(pods, [], NOW)))

    assert samples["pending_pods|server"] == 2
    assert samples["pending_pods_oldest_seconds|server"] == 90
    assert samples["pending_pods|other"] == samples["pending_pods_oldest_seconds|other"] == 0
    assert samples["guaranteed_cpus|server"] == 1
    assert samples["guaranteed_memory_bytes|server"] == 2 * GIB
    assert samples["guaranteed_cpus|other"] == pytest.approx(0.1)
    assert samples["guaranteed_cpus|dask_worker"] == 0


def test_workers_without_pods_wait() -> None:
    labels = {"app.kubernetes.io/component": "dask-worker", "gateway.dask.org/cluster": "c1"}
    pods = read_pods([pod("", labels=labels), pod("", "Pending", node="", labels=labels)], [], NOW)
    clusters = [
        {"metadata": {"name": "c1"}, "spec": {"replicas": 4, "username": "alice"}, "status": {"phase": "Running"}},
        {"metadata": {"name": "c2"}, "spec": {"replicas": 9}, "status": {"phase": "Stopped"}},
    ]
    samples = found(dask_samples(pods, clusters))
    assert samples == {"dask_clusters": 1, "dask_workers|running": 1, "dask_workers|waiting": 3}


def test_dask_pods_count_for_the_owner_of_the_cluster() -> None:
    labels = {"app.kubernetes.io/component": "dask-worker", "gateway.dask.org/cluster": "c1"}
    clusters = [{"metadata": {"name": "c1"}, "spec": {"username": "alice"}}]
    pods = read_pods([pod("", labels=labels), pod("singleuser-server", user="alice")], clusters, NOW)
    samples = found(user_samples(pods, []))
    assert samples["user_guaranteed_cpus|alice|dask_worker"] == samples["user_guaranteed_cpus|alice|server"] == 0.5


def test_quotas_in_numbers() -> None:
    status = {"hard": {"requests.cpu": "2500m", "requests.memory": "4Gi"}, "used": {"requests.cpu": "1"}}
    samples = found(quota_samples([{"metadata": {"name": "q"}, "status": status}, {"metadata": {"name": "new"}}]))
    assert samples == {
        "quota_hard|q|requests.cpu": 2.5,
        "quota_hard|q|requests.memory": 4 * GIB,
        "quota_used|q|requests.cpu": 1,
    }


def test_full_homes_are_counted_and_unmeasured_ones_are_not_empty() -> None:
    use = {"tenancy.pangeo/home-use": HomeUse(round(9.2 * GIB), NOW).as_text()}
    claims = [claim("claim-a", user="a", **use), claim("claim-b", user="b"), claim("hub-db-dir")]
    samples = found(home_samples(read_homes(claims)))
    assert samples["homes"] == 2
    assert samples["homes_measured"] == 1
    assert samples["homes_size_bytes"] == 20 * GIB
    assert samples["homes_full|0.9"] == 1
    assert samples["homes_full|0.95"] == 0


def test_two_homes_of_a_user_are_one_series() -> None:
    """Such as the home and its restored copy."""
    earlier, later = (NOW - timedelta(hours=hours) for hours in (2, 1))
    claims = [
        claim("claim-a", user="a", **{"tenancy.pangeo/home-use": HomeUse(5, later).as_text()}),
        claim("claim-a-restored", user="a", size="1Gi", **{"tenancy.pangeo/home-use": HomeUse(7, earlier).as_text()}),
        claim("claim-a-unmeasured", user="a"),
    ]
    samples = list(user_samples([], read_homes(claims)))
    assert len(samples) == 3
    assert found(samples) == {
        "user_home_size_bytes|a": 21 * GIB,
        "user_home_used_bytes|a": 12,
        "user_home_measured_timestamp_seconds|a": earlier.timestamp(),
    }


def snapshot(of: str, seconds: float, *, ready: bool = True, label: str = "") -> dict[str, Any]:
    return {
        "metadata": {"labels": {label: SNAPSHOT_PURPOSE} if label else {}},
        "spec": {"source": {"persistentVolumeClaimName": of}},
        "status": {"readyToUse": ready, "creationTime": ago(seconds)},
    }


def test_backup_is_as_old_as_the_oldest_of_the_newest() -> None:
    claims = [
        claim("claim-a", user="a", **{"tenancy.pangeo/backed-up": ago(50)}),
        claim("claim-b", user="b", **{"tenancy.pangeo/backed-up": "yesterday"}),
        claim("hub-db-dir"),
        claim("vis-pangeo-ocean"),
        claim("of-somebody-else"),
    ]
    snapshots = [snapshot("claim-b", 300), snapshot("claim-b", 70), snapshot("claim-b", 10, ready=False)]
    snapshots.append(snapshot("claim-b", 5, label=PURPOSE))  # of a run that goes on
    samples = found(backup_samples(claims, snapshots, "hub-db-dir", ["vis-pangeo-ocean"]))
    assert samples == {
        "backup_timestamp_seconds|homes": NOW.timestamp() - 70,
        "backed_up_volumes|homes": 2,
        "backup_timestamp_seconds|hub_database": NOW.timestamp() - 1000,
        "backed_up_volumes|hub_database": 0,
        "backup_timestamp_seconds|shared_folders": NOW.timestamp() - 1000,
        "backed_up_volumes|shared_folders": 0,
    }


@pytest.mark.parametrize(
    ("report", "used"),
    [
        ({"size": 10 * GIB, "used": 3}, 3),
        ({"size": 9 * GIB, "used": 0}, 0),
        ({"size": 500 * GIB, "used": 3}, None),
        ({"files": 7}, 7),
    ],
)
def test_a_file_system_larger_than_the_claim_is_not_the_homes(report: object, used: int | None) -> None:
    assert judge_report(read_report(report), 10 * GIB) == used


@pytest.mark.parametrize("report", [None, {}, [], {"files": -1}, {"files": True}, {"files": 1e3}, {"files": 2**61}])
def test_other_reports_are_refused(report: object) -> None:
    with pytest.raises(ValueError, match="a report has"):
        read_report(report)


def test_more_used_bytes_than_the_file_systems_size_are_refused() -> None:
    with pytest.raises(ValueError, match="no more used bytes than the size"):
        read_report({"size": GIB, "used": GIB + 1})


@pytest.mark.parametrize(
    "text",
    [
        *("", "7", "[]", '{"bytes": 7}', '{"bytes": 7, "at": "2026-11-30T12:00:00"}'),
        *(f'{{"bytes": {number}, "at": "2026-11-30T12:00:00Z"}}' for number in ("Infinity", "NaN", "-1", "1.5", "[]")),
    ],
)
def test_an_invalid_record_counts_as_none(text: str) -> None:
    assert read_use({"tenancy.pangeo/home-use": text}) is None
