"""Dask from a notebook: creation, scaling by demand, and access by the owner alone.

The tests share the clusters and run from the one that needs most workers to the one that needs none, because each new
cluster or worker takes seconds.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from local.paths import State
from tests.cluster.dask_programs import AT_THE_POLE, COMPUTE, FIND_WORK, OVERALL, REFUSED, SLOW_SQUARES, ZARR
from tests.support.dask import (
    CLEAN_UP_SECONDS,
    NEW_CLUSTER,
    POLL_SECONDS,
    Cluster,
    cluster_objects,
    restart_servers,
    wait_until,
    worker_pods,
)
from tests.support.kernel import Kernel
from tests.support.kubectl import kubectl, list_objects
from tests.support.person import Person

pytestmark = pytest.mark.cluster

MOST_WORKERS = 4
FIRST_RESULT_SECONDS = 120
IDLE_SECONDS = 60
"""``dask.idleMinutes`` of the local stack file."""
IDLE_CHECK_SECONDS = IDLE_SECONDS / 4
"""Interval of a scheduler's check whether it is idle. Source: dask-gateway's ``scheduler_preload.py``."""


@pytest.fixture(scope="module")
def state() -> State:
    return State()


@pytest.fixture(scope="module")
def people(state: State) -> dict[str, Person]:
    return restart_servers(state, "alice", "bob")


@pytest.fixture(scope="module")
def bobs_clusters(people: dict[str, Person]) -> Iterator[tuple[Cluster, Cluster]]:
    """Two clusters of bob with one worker each, from two kernels: one is kept, the other loses its kernel."""

    def start_cluster(kernel: Kernel) -> Cluster:
        kernel.run(f"{NEW_CLUSTER}cluster.scale(1)\nclient.wait_for_workers(1)")
        return Cluster(str(kernel.value("cluster.name")), kernel)

    with ExitStack() as kernels, ThreadPoolExecutor() as pool:
        kept, abandoned_cluster = pool.map(
            start_cluster, [kernels.enter_context(Kernel(people["bob"])) for _ in range(2)]
        )
        yield kept, abandoned_cluster
        kept.kernel.run("cluster.shutdown()", CLEAN_UP_SECONDS)


@pytest.fixture(scope="module")
def bobs_cluster(bobs_clusters: tuple[Cluster, Cluster]) -> Cluster:
    return bobs_clusters[0]


@pytest.fixture(scope="module")
def abandoned_cluster(bobs_clusters: tuple[Cluster, Cluster]) -> tuple[str, float]:
    """A cluster of bob whose kernel was killed during a computation: its name, and the monotonic time in seconds."""
    cluster = bobs_clusters[1]
    cluster.kernel.run("unfinished = client.map(time.sleep, [1] * 3, pure=False)")
    cluster.kernel.send("import os; os.kill(os.getpid(), 9)")
    return cluster.name, time.monotonic()


@pytest.fixture(scope="module")
def alices_cluster(people: dict[str, Person]) -> Iterator[Cluster]:
    """Alice's cluster, without workers at first."""
    with Kernel(people["alice"]) as kernel:
        kernel.run(NEW_CLUSTER)
        yield Cluster(str(kernel.value("cluster.name")), kernel)
        kernel.run("cluster.shutdown()", CLEAN_UP_SECONDS)


def test_a_cluster_outlives_its_kernel_during_a_computation(state: State, abandoned_cluster: tuple[str, float]) -> None:
    name, _ = abandoned_cluster

    assert worker_pods(state, name)


def test_a_computation_on_zarr_scales_the_cluster_up(
    state: State, alices_cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    kernel = alices_cluster.kernel
    assert worker_pods(state, alices_cluster.name) == []

    kernel.run(f"cluster.adapt(0, {MOST_WORKERS})")
    assert kernel.value("client.submit(sum, [20, 22]).result()") == 42
    first_result_seconds = kernel.value("time.monotonic() - started")
    kernel.run(ZARR)
    most = 0
    with ThreadPoolExecutor() as pool:
        computing = pool.submit(kernel.run, COMPUTE)
        while not computing.done():
            most = max(most, len(worker_pods(state, alices_cluster.name)))
            time.sleep(POLL_SECONDS)
        computing.result()

    with capsys.disabled():
        print(f"\nfrom new_cluster() to the first result {first_result_seconds:.1f} s; at most {most} workers")
    assert kernel.value("[overall, at_the_pole]") == pytest.approx([OVERALL, AT_THE_POLE])
    assert 1 < most <= MOST_WORKERS
    assert first_result_seconds < FIRST_RESULT_SECONDS


def test_two_users_compute_at_the_same_time(alices_cluster: Cluster, bobs_cluster: Cluster) -> None:
    with ThreadPoolExecutor() as pool:
        answers = pool.map(
            lambda cluster: cluster.kernel.value(SLOW_SQUARES.format(first=0, last=10)), (alices_cluster, bobs_cluster)
        )

        assert list(answers) == [[n * n for n in range(10)]] * 2


def test_a_server_sees_tasks_that_no_cell_waits_for(bobs_cluster: Cluster) -> None:
    kernel = bobs_cluster.kernel
    kernel.run("pending = client.submit(time.sleep, 1000, pure=False)")
    wait_until(lambda: kernel.run(FIND_WORK).strip() == bobs_cluster.name, 60, "the task counts as work")
    kernel.run("pending.cancel()\nclient.restart()")
    wait_until(lambda: kernel.run(FIND_WORK).strip() != bobs_cluster.name, 60, "the cluster is idle")


def test_a_computation_survives_the_end_of_the_gateways_api(state: State, alices_cluster: Cluster) -> None:
    before = list_objects(
        state, "pods", "--selector", "app.kubernetes.io/name=dask-gateway,app.kubernetes.io/component=gateway"
    )
    alices_cluster.kernel.run("cluster.scale(2)")
    with ThreadPoolExecutor() as pool:
        computing = pool.submit(alices_cluster.kernel.value, SLOW_SQUARES.format(first=0, last=40))
        kubectl(state, "delete", "pod", "--force", "--grace-period=0", *(pod["metadata"]["name"] for pod in before))
        still_computing = not computing.done()

        assert computing.result() == [n * n for n in range(40)]
    assert still_computing
    wait_until(lambda: knows(alices_cluster, alices_cluster.name), CLEAN_UP_SECONDS, "the gateway lists the cluster")
    alices_cluster.kernel.run("cluster.scale(3)")
    wait_until(
        lambda: len(worker_pods(state, alices_cluster.name)) == 3,
        CLEAN_UP_SECONDS,
        "three workers",
    )


def knows(cluster: Cluster, name: str) -> bool:
    """Return whether the gateway answers the cluster's owner and lists ``name``."""
    code = """\
try:
    names = [report.name for report in gateway.list_clusters()]
except Exception:
    names = []
"""
    cluster.kernel.run(code)
    return name in cluster.kernel.value("names")


def test_users_cannot_see_scale_or_stop_the_clusters_of_others(
    state: State, alices_cluster: Cluster, bobs_cluster: Cluster
) -> None:
    attempts = [
        f"gateway.get_cluster('{alices_cluster.name}')",
        f"connect_elsewhere('{alices_cluster.name}')",
        f"gateway.scale_cluster('{alices_cluster.name}', 4)",
        f"gateway.adapt_cluster('{alices_cluster.name}', 0, 4)",
        f"gateway.stop_cluster('{alices_cluster.name}')",
    ]
    before = worker_pods(state, alices_cluster.name)

    bobs_cluster.kernel.run(REFUSED)
    answers = bobs_cluster.kernel.value("[" + ", ".join(f"refused(lambda: {attempt})" for attempt in attempts) + "]")

    for attempt, refusal in zip(attempts, answers, strict=True):
        assert refusal is not None, attempt
        assert "permission" in refusal.lower() or "403" in refusal, (attempt, refusal)
    assert alices_cluster.name not in bobs_cluster.kernel.value("[report.name for report in gateway.list_clusters()]")
    assert worker_pods(state, alices_cluster.name) == before


def test_a_scheduler_refuses_the_keys_of_other_clusters(alices_cluster: Cluster, bobs_cluster: Cluster) -> None:
    address = alices_cluster.kernel.value("cluster.scheduler_address")
    for each in (alices_cluster, bobs_cluster):
        each.kernel.run(f"from distributed import Client\n{REFUSED}")

    def refused(cluster: Cluster, timeout_seconds: int) -> str | None:
        client = f"Client('{address}', security=cluster.security, timeout={timeout_seconds})"
        message: str | None = cluster.kernel.value(f"refused(lambda: {client})")
        return message

    assert refused(alices_cluster, 30) is None
    assert refused(bobs_cluster, 3) is not None


@pytest.mark.parametrize(
    ("scopes", "status"),
    [(["access:services!service=dask-gateway", "read:users!user"], 200), (["read:users!user"], 401), (None, 401)],
    ids=["with the gateway's scope", "without it", "no token"],
)
def test_the_gateway_accepts_only_tokens_with_its_scope(
    people: dict[str, Person], bobs_cluster: Cluster, scopes: list[str] | None, status: int
) -> None:
    headers = {}
    if scopes is not None:
        request = {"expires_in": 300, "note": "test", "scopes": scopes}
        answer = people["bob"].call("POST", "/hub/api/users/bob/tokens", request)
        answer.raise_for_status()
        headers = {"Authorization": f"jupyterhub {answer.json()['token']}"}

    clusters = "os.environ['DASK_GATEWAY__ADDRESS'] + '/api/v1/clusters/'"
    bobs_cluster.kernel.run("import os, requests")
    answered = bobs_cluster.kernel.value(f"requests.get({clusters}, headers={headers}, timeout=10).status_code")

    assert answered == status


def test_a_dashboard_is_shown_only_to_its_owner(people: dict[str, Person], alices_cluster: Cluster) -> None:
    page = alices_cluster.kernel.value("cluster.dashboard_link")
    assert page.startswith("/user/alice/")

    hers = people["alice"].call("GET", page)
    assert hers.status_code == 200
    assert "<title>Dask Diagnostic UI</title>" in hers.text
    assert people["bob"].call("GET", page).status_code == 403


def test_the_gateway_has_no_public_pages(people: dict[str, Person], alices_cluster: Cluster) -> None:
    for page in ("api/v1/clusters/", f"clusters/{alices_cluster.name}/status"):
        assert people["alice"].call("GET", f"/services/dask-gateway/{page}").status_code == 404


def test_idle_workers_are_removed(state: State, alices_cluster: Cluster) -> None:
    assert worker_pods(state, alices_cluster.name)

    alices_cluster.kernel.run("cluster.adapt(0, 1)")

    wait_until(lambda: worker_pods(state, alices_cluster.name) == [], CLEAN_UP_SECONDS, "no worker")


def test_a_shutdown_removes_all_objects_of_a_cluster(state: State, alices_cluster: Cluster) -> None:
    alices_cluster.kernel.run("cluster.shutdown()")

    wait_until(
        lambda: cluster_objects(state, alices_cluster.name) == [],
        CLEAN_UP_SECONDS,
        "no objects",
    )


def test_an_abandoned_cluster_is_removed_when_idle(state: State, abandoned_cluster: tuple[str, float]) -> None:
    name, killed = abandoned_cluster
    remaining_seconds = killed + IDLE_SECONDS + 2 * IDLE_CHECK_SECONDS + CLEAN_UP_SECONDS - time.monotonic()

    wait_until(lambda: cluster_objects(state, name) == [], max(remaining_seconds, 0), "no objects")
