"""Dask from a notebook: two lines give a cluster, demand its size, and nobody but its owner may touch it."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from local import directory, lifecycle, web
from local.commands import output
from local.paths import State
from tests.cluster.kernel import Kernel
from tests.cluster.person import Person

pytestmark = pytest.mark.cluster

MOST_WORKERS = 4
FIRST_RESULT_SECONDS = 120
IDLE_SECONDS = 60
"""``dask.idleMinutes`` of the local stack file."""
IDLE_LOOK_SECONDS = IDLE_SECONDS / 4
"""How often a scheduler asks itself whether it is idle. Source: dask-gateway's ``scheduler_preload.py``."""
CLEAN_UP_SECONDS = 30
POLL_SECONDS = 0.5

NEW_CLUSTER = """\
import time
started = time.monotonic()
from dask_gateway import Gateway
gateway = Gateway()
cluster = gateway.new_cluster()
client = cluster.get_client()
"""

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


@dataclass(frozen=True)
class Cluster:
    """A user's Dask cluster, held by a kernel in whose namespace it is ``cluster``."""

    name: str
    kernel: Kernel


@pytest.fixture(scope="module")
def state() -> State:
    return State()


@pytest.fixture(scope="module")
def people(state: State) -> dict[str, Person]:
    """Alice and bob with servers that started just now, and so know of the gateway.

    The node has two cores: an admin's server that an earlier test left would take what their clusters need.
    """
    admin = Person(state, "admin")
    assert admin.log_in() == 200
    admin.stop_server()
    # Who was made an admin by hand stays one, and an admin may open every user's server.
    admin.call("PATCH", "/hub/api/users/bob", {"name": "bob", "admin": False}).raise_for_status()

    def at_work(user: str) -> Person:
        directory.grant(state, user, lifecycle.NOTEBOOK_USERS)
        person = Person(state, user)
        assert person.log_in() == 200
        person.stop_server()
        person.start_server()
        return person

    with ThreadPoolExecutor() as pool:
        return dict(zip(("alice", "bob"), pool.map(at_work, ("alice", "bob")), strict=True))


@pytest.fixture(scope="module")
def abandoned(people: dict[str, Person]) -> tuple[str, float]:
    """A cluster of bob's whose kernel was killed with work under way: its name, and when (monotonic seconds)."""
    kernel = Kernel(people["bob"])
    kernel.run(NEW_CLUSTER + "cluster.scale(1)\nclient.wait_for_workers(1)")
    name = str(kernel.value("cluster.name"))
    kernel.run("unfinished = client.map(time.sleep, [2] * 3, pure=False)")
    kernel.send("import os; os.kill(os.getpid(), 9)")
    return name, time.monotonic()


@pytest.fixture(scope="module")
def alices(people: dict[str, Person]) -> Iterator[Cluster]:
    """Without workers at first."""
    with Kernel(people["alice"]) as kernel:
        kernel.run(NEW_CLUSTER)
        yield Cluster(str(kernel.value("cluster.name")), kernel)
        kernel.run("cluster.shutdown()", CLEAN_UP_SECONDS)


@pytest.fixture(scope="module")
def bobs(people: dict[str, Person]) -> Iterator[Cluster]:
    with Kernel(people["bob"]) as kernel:
        kernel.run(NEW_CLUSTER + "cluster.scale(1)")
        yield Cluster(str(kernel.value("cluster.name")), kernel)
        kernel.run("cluster.shutdown()", CLEAN_UP_SECONDS)


def kubectl(state: State, *words: str) -> str:
    return output(
        [state.bin / "kubectl", "--kubeconfig", state.kubeconfig, "--namespace", web.NAMESPACE, *words],
        timeout_seconds=60,
    )


def listed(state: State, kind: str, selector: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(kubectl(state, "get", kind, "--selector", selector, "-o", "json"))["items"]
    return found


def workers(state: State, cluster: str) -> list[str]:
    """The pods of a cluster's workers that run or are about to."""
    short = cluster.partition(".")[2]
    pods = listed(state, "pods", f"gateway.dask.org/cluster={short},app.kubernetes.io/component=dask-worker")
    return [pod["metadata"]["name"] for pod in pods if pod["status"]["phase"] in ("Pending", "Running")]


def objects(state: State, cluster: str) -> list[str]:
    """Everything in Kubernetes that belongs to a cluster, save the record that there was one."""
    selector = f"gateway.dask.org/cluster={cluster.partition('.')[2]}"
    kinds = "pods,services,secrets,ingressroutes.traefik.io,ingressroutetcps.traefik.io"
    return [f"{found['kind']} {found['metadata']['name']}" for found in listed(state, kinds, selector)]


def eventually(holds: Callable[[], bool], within_seconds: float, what: str) -> None:
    deadline = time.monotonic() + within_seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {within_seconds:g} s: {what}"
        time.sleep(POLL_SECONDS)


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


def test_without_work_the_workers_go(state: State, alices: Cluster) -> None:
    eventually(lambda: workers(state, alices.name) == [], CLEAN_UP_SECONDS, "no worker")


def test_two_users_compute_at_once(alices: Cluster, bobs: Cluster) -> None:
    alices.kernel.run("cluster.scale(1)")

    with ThreadPoolExecutor() as pool:
        answers = pool.map(lambda cluster: cluster.kernel.value(SLOW_SQUARES.format(first=0, last=20)), (alices, bobs))

        assert list(answers) == [[n * n for n in range(20)]] * 2


def test_the_gateways_api_may_die_in_the_middle_of_a_computation(state: State, alices: Cluster) -> None:
    before = listed(state, "pods", "app.kubernetes.io/name=dask-gateway,app.kubernetes.io/component=gateway")
    with ThreadPoolExecutor() as pool:
        computing = pool.submit(alices.kernel.value, SLOW_SQUARES.format(first=0, last=40))
        kubectl(state, "delete", "pod", "--force", "--grace-period=0", *(pod["metadata"]["name"] for pod in before))
        still_computing = not computing.done()

        assert computing.result() == [n * n for n in range(40)]
    assert still_computing
    eventually(lambda: knows(alices, alices.name), CLEAN_UP_SECONDS, "the gateway knows the cluster again")
    alices.kernel.run("cluster.scale(2)")
    eventually(lambda: len(workers(state, alices.name)) == 2, CLEAN_UP_SECONDS, "the gateway scales the cluster again")


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


@pytest.mark.parametrize(
    "attempt",
    [
        "gateway.get_cluster('{name}')",
        "connect_elsewhere('{name}')",
        "gateway.scale_cluster('{name}', 3)",
        "gateway.adapt_cluster('{name}', 0, 3)",
        "gateway.stop_cluster('{name}')",
    ],
)
def test_another_users_cluster_can_neither_be_seen_nor_sized_nor_stopped(
    state: State, alices: Cluster, bobs: Cluster, attempt: str
) -> None:
    bobs.kernel.run(REFUSED)
    before = workers(state, alices.name)

    said = bobs.kernel.value(f"refused(lambda: {attempt.format(name=alices.name)})")

    assert said is not None
    assert "permission" in said.lower() or "403" in said, said
    assert alices.name not in bobs.kernel.value("[report.name for report in gateway.list_clusters()]")
    assert workers(state, alices.name) == before


def test_another_users_scheduler_refuses_the_keys_of_ones_own(alices: Cluster, bobs: Cluster) -> None:
    attempt = f"refused(lambda: Client('{alices.kernel.value('cluster.scheduler_address')}', security={{}}, timeout=5))"
    for each in (alices, bobs):
        each.kernel.run(f"from distributed import Client\n{REFUSED}")

    assert alices.kernel.value(attempt.format("cluster.security")) is None
    assert bobs.kernel.value(attempt.format("cluster.security")) is not None


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


def test_after_a_shutdown_nothing_of_the_cluster_is_left(state: State, alices: Cluster) -> None:
    alices.kernel.run("cluster.shutdown()")

    eventually(lambda: objects(state, alices.name) == [], CLEAN_UP_SECONDS, f"nothing left of {alices.name}")


def test_a_killed_kernels_cluster_is_gone_after_the_idle_time(state: State, abandoned: tuple[str, float]) -> None:
    name, killed = abandoned
    left_seconds = killed + IDLE_SECONDS + 2 * IDLE_LOOK_SECONDS + CLEAN_UP_SECONDS - time.monotonic()

    eventually(lambda: objects(state, name) == [], max(left_seconds, 0), f"nothing left of {name}")
