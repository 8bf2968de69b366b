"""Dask from a notebook: two lines give a cluster, demand its size, and nobody but its owner may touch it.

Tests share two clusters and go from the one that needs most workers to the one that needs none: each new cluster or
worker costs seconds.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from local.paths import State
from tests.support.dask import (
    CLEAN_UP_SECONDS,
    NEW_CLUSTER,
    POLL_SECONDS,
    Cluster,
    at_work,
    eventually,
    kubectl,
    listed,
    objects,
    workers,
)
from tests.support.kernel import Kernel
from tests.support.person import Person

pytestmark = pytest.mark.cluster

MOST_WORKERS = 4
FIRST_RESULT_SECONDS = 120
IDLE_SECONDS = 60
"""``dask.idleMinutes`` of the local stack file."""
IDLE_LOOK_SECONDS = IDLE_SECONDS / 4
"""How often a scheduler asks itself whether it is idle. Source: dask-gateway's ``scheduler_preload.py``."""

# The store travels to the workers with the task graph: they mount no home, and may ask no notebook for a file.
ZARR = """\
import numpy, xarray
from zarr.storage import MemoryStore
day, lat = numpy.arange(365.0), numpy.linspace(-90, 90, 41)
values = day[:, None, None] + lat[:, None] + numpy.zeros(30)
air = xarray.DataArray(values, {"day": day, "lat": lat}, ("day", "lat", "lon"))
store = MemoryStore()
air.to_dataset(name="air").to_zarr(store, encoding={"air": {"chunks": (10, 41, 30)}}, consolidated=False)
written = xarray.open_zarr(store, chunks={}, consolidated=False).air
"""

COMPUTE = """\
def heavy(chunk):
    time.sleep(0.25)
    return 2 * chunk
doubled = xarray.apply_ufunc(heavy, written, dask="parallelized", output_dtypes=[float])
overall, at_the_pole = (float(each) for each in client.gather(client.compute([doubled.mean(), doubled[:, -1].mean()])))
"""

OVERALL, AT_THE_POLE = 2 * 182.0, 2 * (182.0 + 90.0)
"""The mean of days 0 to 364 is 182, that of the latitudes 0."""

SLOW_SQUARES = (
    "sorted(client.gather(client.map(lambda n: time.sleep(0.25) or n * n, range({first}, {last}), pure=False)))"
)


@pytest.fixture(scope="module")
def state() -> State:
    return State()


@pytest.fixture(scope="module")
def people(state: State) -> dict[str, Person]:
    return at_work(state, "alice", "bob")


@pytest.fixture(scope="module")
def of_bob(people: dict[str, Person]) -> Iterator[tuple[Cluster, Cluster]]:
    """Two clusters of bob's with a worker each, from two kernels: one to keep and one to abandon."""

    def started(kernel: Kernel) -> Cluster:
        kernel.run(f"{NEW_CLUSTER}cluster.scale(1)\nclient.wait_for_workers(1)")
        return Cluster(str(kernel.value("cluster.name")), kernel)

    with ExitStack() as kernels, ThreadPoolExecutor() as pool:
        kept, abandoned = pool.map(started, [kernels.enter_context(Kernel(people["bob"])) for _ in range(2)])
        yield kept, abandoned
        kept.kernel.run("cluster.shutdown()", CLEAN_UP_SECONDS)


@pytest.fixture(scope="module")
def bobs(of_bob: tuple[Cluster, Cluster]) -> Cluster:
    return of_bob[0]


@pytest.fixture(scope="module")
def abandoned(of_bob: tuple[Cluster, Cluster]) -> tuple[str, float]:
    """A cluster of bob's whose kernel was killed with work under way: its name, and when (monotonic seconds)."""
    cluster = of_bob[1]
    cluster.kernel.run("unfinished = client.map(time.sleep, [1] * 3, pure=False)")
    cluster.kernel.send("import os; os.kill(os.getpid(), 9)")
    return cluster.name, time.monotonic()


@pytest.fixture(scope="module")
def alices(people: dict[str, Person]) -> Iterator[Cluster]:
    """Without workers at first."""
    with Kernel(people["alice"]) as kernel:
        kernel.run(NEW_CLUSTER)
        yield Cluster(str(kernel.value("cluster.name")), kernel)
        kernel.run("cluster.shutdown()", CLEAN_UP_SECONDS)


def test_a_killed_kernels_cluster_stays_while_it_may_still_be_at_work(
    state: State, abandoned: tuple[str, float]
) -> None:
    name, _ = abandoned

    assert workers(state, name)


def test_a_computation_on_zarr_grows_the_cluster_and_is_right(
    state: State, alices: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    kernel = alices.kernel
    assert workers(state, alices.name) == []

    kernel.run(f"cluster.adapt(0, {MOST_WORKERS})")
    assert kernel.value("client.submit(sum, [20, 22]).result()") == 42
    first_result_seconds = kernel.value("time.monotonic() - started")
    kernel.run(ZARR)
    most = 0
    with ThreadPoolExecutor() as pool:
        computing = pool.submit(kernel.run, COMPUTE)
        while not computing.done():
            most = max(most, len(workers(state, alices.name)))
            time.sleep(POLL_SECONDS)
        computing.result()

    with capsys.disabled():
        print(f"\nfrom new_cluster() to the first result {first_result_seconds:.1f} s; at most {most} workers")
    assert kernel.value("[overall, at_the_pole]") == pytest.approx([OVERALL, AT_THE_POLE])
    assert 1 < most <= MOST_WORKERS
    assert first_result_seconds < FIRST_RESULT_SECONDS


def test_two_users_compute_at_once(alices: Cluster, bobs: Cluster) -> None:
    with ThreadPoolExecutor() as pool:
        answers = pool.map(lambda cluster: cluster.kernel.value(SLOW_SQUARES.format(first=0, last=10)), (alices, bobs))

        assert list(answers) == [[n * n for n in range(10)]] * 2


def test_the_gateways_api_may_die_in_the_middle_of_a_computation(state: State, alices: Cluster) -> None:
    before = listed(state, "pods", "app.kubernetes.io/name=dask-gateway,app.kubernetes.io/component=gateway")
    alices.kernel.run("cluster.scale(2)")
    with ThreadPoolExecutor() as pool:
        computing = pool.submit(alices.kernel.value, SLOW_SQUARES.format(first=0, last=40))
        kubectl(state, "delete", "pod", "--force", "--grace-period=0", *(pod["metadata"]["name"] for pod in before))
        still_computing = not computing.done()

        assert computing.result() == [n * n for n in range(40)]
    assert still_computing
    eventually(lambda: knows(alices, alices.name), CLEAN_UP_SECONDS, "the gateway knows the cluster again")
    alices.kernel.run("cluster.scale(3)")
    eventually(lambda: len(workers(state, alices.name)) == 3, CLEAN_UP_SECONDS, "the gateway scales the cluster again")


def knows(cluster: Cluster, name: str) -> bool:
    """Whether the gateway answers the cluster's owner and lists ``name``."""
    code = """\
try:
    names = [report.name for report in gateway.list_clusters()]
except Exception:
    names = []
"""
    cluster.kernel.run(code)
    return name in cluster.kernel.value("names")


# A refused connect() leaves an object behind whose destructor may block its kernel for good, so it has its own process.
REFUSED = """\
import os, subprocess, sys
def refused(attempt):
    try:
        attempt()
    except Exception as error:
        return f"{type(error).__name__}: {error}"

def connect_elsewhere(name):
    code = '''
import os, sys, traceback
from dask_gateway import Gateway
try:
    Gateway().connect(sys.argv[1])
except Exception:
    traceback.print_exc()
    os._exit(1)
os._exit(0)
'''
    done = subprocess.run([sys.executable, "-c", code, name], capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise RuntimeError(done.stderr)
"""


def test_another_users_cluster_can_neither_be_seen_nor_sized_nor_stopped(
    state: State, alices: Cluster, bobs: Cluster
) -> None:
    attempts = [
        f"gateway.get_cluster('{alices.name}')",
        f"connect_elsewhere('{alices.name}')",
        f"gateway.scale_cluster('{alices.name}', 4)",
        f"gateway.adapt_cluster('{alices.name}', 0, 4)",
        f"gateway.stop_cluster('{alices.name}')",
    ]
    before = workers(state, alices.name)

    bobs.kernel.run(REFUSED)
    said = bobs.kernel.value("[" + ", ".join(f"refused(lambda: {attempt})" for attempt in attempts) + "]")

    for attempt, refusal in zip(attempts, said, strict=True):
        assert refusal is not None, attempt
        assert "permission" in refusal.lower() or "403" in refusal, (attempt, refusal)
    assert alices.name not in bobs.kernel.value("[report.name for report in gateway.list_clusters()]")
    assert workers(state, alices.name) == before


def test_another_users_scheduler_refuses_the_keys_of_ones_own(alices: Cluster, bobs: Cluster) -> None:
    address = alices.kernel.value("cluster.scheduler_address")
    for each in (alices, bobs):
        each.kernel.run(f"from distributed import Client\n{REFUSED}")

    def refused(cluster: Cluster, timeout_seconds: int) -> str | None:
        client = f"Client('{address}', security=cluster.security, timeout={timeout_seconds})"
        said: str | None = cluster.kernel.value(f"refused(lambda: {client})")
        return said

    assert refused(alices, 30) is None
    assert refused(bobs, 3) is not None


@pytest.mark.parametrize(
    ("scopes", "status"),
    [(["access:services!service=dask-gateway", "read:users!user"], 200), (["read:users!user"], 401), (None, 401)],
    ids=["with the gateway's scope", "without it", "no token"],
)
def test_the_gateway_opens_to_tokens_with_its_scope_alone(
    people: dict[str, Person], bobs: Cluster, scopes: list[str] | None, status: int
) -> None:
    headers = {}
    if scopes is not None:
        asked = {"expires_in": 300, "note": "test", "scopes": scopes}
        made = people["bob"].call("POST", "/hub/api/users/bob/tokens", asked)
        made.raise_for_status()
        headers = {"Authorization": f"jupyterhub {made.json()['token']}"}

    clusters = "os.environ['DASK_GATEWAY__ADDRESS'] + '/api/v1/clusters/'"
    bobs.kernel.run("import os, requests")
    answered = bobs.kernel.value(f"requests.get({clusters}, headers={headers}, timeout=10).status_code")

    assert answered == status


def test_a_dashboard_is_shown_to_its_owner_alone(people: dict[str, Person], alices: Cluster) -> None:
    page = alices.kernel.value("cluster.dashboard_link")
    assert page.startswith("/user/alice/")

    hers = people["alice"].call("GET", page)
    assert hers.status_code == 200
    assert "<title>Dask Diagnostic UI</title>" in hers.text
    assert people["bob"].call("GET", page).status_code == 403


def test_the_gateway_has_no_page_of_its_own_for_the_world(people: dict[str, Person], alices: Cluster) -> None:
    for page in ("api/v1/clusters/", f"clusters/{alices.name}/status"):
        assert people["alice"].call("GET", f"/services/dask-gateway/{page}").status_code == 404


def test_without_work_the_workers_go(state: State, alices: Cluster) -> None:
    assert workers(state, alices.name)

    alices.kernel.run("cluster.adapt(0, 1)")

    eventually(lambda: workers(state, alices.name) == [], CLEAN_UP_SECONDS, "no worker")


def test_after_a_shutdown_nothing_of_the_cluster_is_left(state: State, alices: Cluster) -> None:
    alices.kernel.run("cluster.shutdown()")

    eventually(lambda: objects(state, alices.name) == [], CLEAN_UP_SECONDS, f"nothing left of {alices.name}")


def test_a_killed_kernels_cluster_is_gone_after_the_idle_time(state: State, abandoned: tuple[str, float]) -> None:
    name, killed = abandoned
    left_seconds = killed + IDLE_SECONDS + 2 * IDLE_LOOK_SECONDS + CLEAN_UP_SECONDS - time.monotonic()

    eventually(lambda: objects(state, name) == [], max(left_seconds, 0), f"nothing left of {name}")
