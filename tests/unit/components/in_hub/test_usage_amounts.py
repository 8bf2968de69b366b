from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.in_hub.api_names import VERIFICATION_USER
from components.in_hub.usage_amounts import counted_from, home_rates, pod_rates, split_days

NOON = 1_793_102_400.0  # 2026-10-27 12:00 UTC
TOLERANCE = 180.0


def make_pod(
    component: str, *, user: str = "", cluster: str = "", node: str = "node", phase: str = "Running", **requests: str
) -> dict[str, Any]:
    labels = {"app.kubernetes.io/component": component} | ({"gateway.dask.org/cluster": cluster} if cluster else {})
    resources = {"requests": {name.replace("gpu", "nvidia.com/gpu"): value for name, value in requests.items()}}
    return {
        "metadata": {"labels": labels, "annotations": {"hub.jupyter.org/username": user} if user else {}},
        "spec": {"nodeName": node, "containers": [{"resources": resources}]},
        "status": {"phase": phase},
    }


def test_pods_count_for_the_user_of_their_server_or_cluster() -> None:
    server = make_pod("singleuser-server", user="alice", cpu="500m", memory="2Gi", gpu="1")
    scheduler = make_pod("dask-scheduler", cluster="one", cpu="1", memory="1Gi")
    worker = make_pod("dask-worker", cluster="one", cpu="2", memory="4Gi", gpu="2")

    assert pod_rates([server, scheduler, worker, worker], {"one": "bob"}) == {
        "alice": {
            "server_hours": 1,
            "server_cpu_hours": 0.5,
            "server_memory_gb_hours": 2,
            "server_gpu_hours": 1,
        },
        "bob": {
            "dask_scheduler_hours": 1,
            "dask_scheduler_cpu_hours": 1,
            "dask_scheduler_memory_gb_hours": 1,
            "dask_scheduler_gpu_hours": 0,
            "dask_worker_hours": 2,
            "dask_worker_cpu_hours": 4,
            "dask_worker_memory_gb_hours": 8,
            "dask_worker_gpu_hours": 4,
        },
    }


@pytest.mark.parametrize(
    "pod",
    [
        make_pod("singleuser-server", user="alice", node="", cpu="1"),
        make_pod("singleuser-server", user="alice", phase="Succeeded", cpu="1"),
        make_pod("hub", cpu="1"),
        make_pod("singleuser-server", user=VERIFICATION_USER, cpu="1"),
        make_pod("user-placeholder", user="alice", cpu="1"),
        make_pod("dask-worker", cluster="unknown", cpu="1"),
        # The annotation of a Dask pod would be that of a cluster's options.
        make_pod("dask-worker", cluster="unknown", user="alice", cpu="1"),
    ],
)
def test_pods_that_reserve_nothing_for_a_user_do_not_count(pod: dict[str, Any]) -> None:
    assert pod_rates([pod], {"one": "bob"}) == {}


def test_homes_count_for_the_account_that_they_are_bound_to() -> None:
    def claim(component: str, **annotations: str) -> dict[str, Any]:
        spec = {"resources": {"requests": {"storage": "10Gi"}}}
        return {"metadata": {"labels": {"component": component}, "annotations": annotations}, "spec": spec}

    own = {"hub.jupyter.org/username": "alice", "tenancy.pangeo/user-id": "id-1"}
    verification = {"hub.jupyter.org/username": VERIFICATION_USER}
    others = [
        claim("singleuser-storage"),
        claim("singleuser-storage", **verification),
        claim("folder", **{"hub.jupyter.org/username": "alice"}),
    ]

    assert list(home_rates([claim("singleuser-storage", **own), *others])) == [
        ("alice", "id-1", {"home_gb_days": 10.0})
    ]


@pytest.mark.parametrize(
    ("elapsed", "since_last", "counted"),
    [
        (60, 60, 60),  # as always
        (60, None, 60),  # the file is new, or was damaged
        (120, 120, 120),  # one sample failed
        (7200, 7200, 0),  # Kubernetes did not answer for two hours
        (None, 50, 50),  # the hub was restarted
        (None, 7200, 0),  # the hub was down for two hours
        (None, None, 0),  # the first sample of all
        (60, 20, 20),  # another hub has recorded the other 40 seconds
        (60, -5, 0),  # another hub, whose clock is ahead
        (60, 3660, 60),  # the clock was set an hour ahead
        (60, -3540, 60),  # the clock was set back an hour
    ],
)
def test_sample_counts_for_the_time_since_the_one_before(
    elapsed: float | None, since_last: float | None, counted: float
) -> None:
    last = None if since_last is None else NOON - since_last

    assert NOON - counted_from(NOON, elapsed, last, TOLERANCE) == pytest.approx(counted)


@given(
    st.lists(st.tuples(st.integers(0, 1), st.floats(1, 400)), min_size=1, max_size=40),
    st.tuples(st.floats(-5, 5), st.floats(-5, 5)),
)
def test_two_hubs_never_count_more_than_the_time_that_passed(
    samples: list[tuple[int, float]], skews: tuple[float, float]
) -> None:
    last, time, counted = None, NOON, 0.0
    seen: dict[int, float] = {}
    for hub, passed in samples:
        time += passed
        now = time + skews[hub]
        start = counted_from(now, time - seen[hub] if hub in seen else None, last, TOLERANCE)
        counted, last, seen[hub] = counted + now - start, now, time

    assert 0 <= counted <= time - NOON + 10  # the clocks differ by at most 10 seconds


@given(st.floats(0, 4e9), st.floats(0, 400_000))
def test_days_add_up_to_the_time(start: float, length: float) -> None:
    days = list(split_days(start, start + length))

    assert sum(hours for _, hours in days) == pytest.approx(length / 3600, abs=1e-6)
    assert all(0 <= hours <= 24 for _, hours in days)
    assert len({day for day, _ in days}) == len(days)


def test_midnight_divides_a_sample() -> None:
    midnight = NOON + 12 * 3600

    assert list(split_days(midnight - 1800, midnight + 900)) == [("2026-10-27", 0.5), ("2026-10-28", 0.25)]
