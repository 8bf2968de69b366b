"""Dask asks for more than there is: it gets a part and a clear word, and hub and notebooks do not notice."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import yaml

from local.paths import State
from local.tenancy import web
from tests.support.dask import CLEAN_UP_SECONDS, GATEWAY, eventually, kubectl, logged_in, workers
from tests.support.kernel import Kernel
from tests.support.node_capacity import make_room
from tests.support.person import Person

pytestmark = pytest.mark.cluster

TOTAL_GB = 4
"""``dask.totalRamGb`` of the local stack file: what all users' schedulers and workers may ask for together."""
SCHEDULER_GB = 0.25
"""Of the local chart."""
SMALL_GB, LARGE_GB, MOST_WORKERS = 1, 0.75, 4
"""A worker of the small cluster, which has one; a worker of the large one, and ``dask.maxWorkers``."""
THERE_IS_ROOM_FOR = 3
"""Of the large cluster's workers: 4 - (0.25 + 1) - 0.25 = 2.5 GB are left, and then 0.25."""

OLD_CLUSTERS_SECONDS = 120
"""For clusters that an earlier test left idle to go."""
ROOM_IS_SEEN_SECONDS = 80
"""The gateway asks again every 10 s at most; then the worker has to start, on a slow machine perhaps."""
HUB_ANSWERS_SECONDS = 10.0

CLUSTERS = f"""\
{GATEWAY}
names = [gateway.submit(worker_ram_gb=size) for size in ({SMALL_GB}, {LARGE_GB})]
small, large = (gateway.connect(name, shutdown_on_close=True) for name in names)
small.scale(1)
client = large.get_client()
"""
# An idle cluster would go, and leave room, where the machine is slow.
AT_WORK = """\
busy = [each.map(time.sleep, [1] * 999, pure=False, priority=-1) for each in (client, small.get_client(False))]
"""
ASK_FOR_MORE = """\
import warnings
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    large.scale(9)
told = [str(each.message) for each in told]
"""
REFUSED = """\
def refused(attempt):
    try:
        attempt()
    except Exception as error:
        return str(error)
"""


@dataclass(frozen=True)
class Scarcity:
    """Alice's two clusters, which have taken all there is; ``small`` and ``large`` in her kernel."""

    kernel: Kernel
    large: str
    told: list[str]


@pytest.fixture(scope="module")
def state() -> State:
    return State()


@pytest.fixture(scope="module")
def people(state: State) -> dict[str, Person]:
    """Alice with a server, bob without; and without the admin's, which would take what he needs."""
    alice, bob = (logged_in(state, user) for user in ("alice", "bob"))
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(alice.start_server), pool.submit(bob.stop_server), pool.submit(make_room, state)]:
            done.result()
    return {"alice": alice, "bob": bob}


@pytest.fixture
def bob(people: dict[str, Person]) -> Person:
    return people["bob"]


@pytest.fixture(scope="module")
def restarts(state: State) -> dict[str, int]:
    """How often each of the hub's and the gateway's own containers had started again before."""
    return started_again(state)


@pytest.fixture(scope="module")
def alices(state: State, people: dict[str, Person], restarts: dict[str, int]) -> Iterator[Scarcity]:
    eventually(lambda: asked_for(state) == 0, OLD_CLUSTERS_SECONDS, "no cluster of an earlier test")
    with Kernel(people["alice"]) as kernel:
        kernel.run(CLUSTERS)
        # The large cluster takes what the small one leaves.
        eventually(lambda: asked_for(state) == SMALL_GB + 2 * SCHEDULER_GB, CLEAN_UP_SECONDS, "the small one's worker")
        kernel.run(ASK_FOR_MORE + AT_WORK + REFUSED)
        yield Scarcity(kernel, kernel.value("large.name"), kernel.value("told"))
        kernel.run("small.shutdown(), large.shutdown()", CLEAN_UP_SECONDS)


def asked_for(state: State) -> float:
    """Gigabytes that schedulers and workers ask for together, as their quota counts them."""
    quota = json.loads(kubectl(state, "get", "resourcequota", f"{web.NAMESPACE}-dask", "-o", "json"))
    return gigabytes(quota["status"]["used"]["requests.memory"])


def gigabytes(quantity: str) -> float:
    for suffix, size in (("Ki", 2**10), ("Mi", 2**20), ("Gi", 2**30)):
        if quantity.endswith(suffix):
            return float(quantity.removesuffix(suffix)) * size / 2**30
    return float(quantity) / 2**30


def pods(state: State, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(kubectl(state, "get", "pods", "-o", "json", *words))["items"]
    return found


def started_again(state: State) -> dict[str, int]:
    ours = pods(state, "--selector", "app.kubernetes.io/component in (hub,proxy,gateway,controller,traefik)")
    assert len(ours) >= 5
    return {
        pod["metadata"]["uid"]: sum(each["restartCount"] for each in pod["status"]["containerStatuses"]) for pod in ours
    }


def test_beyond_a_clusters_own_most_dask_gateway_says_so(alices: Scarcity) -> None:
    assert [said.strip() for said in alices.told] == [
        f"Scale request of 9 workers would exceed resource limit of {MOST_WORKERS} workers. "
        f"Scaling to {MOST_WORKERS} instead."
    ]


def test_as_many_workers_come_as_there_is_room_for_and_the_user_is_told_how_many(
    state: State, alices: Scarcity
) -> None:
    alices.kernel.run(f"client.wait_for_workers({THERE_IS_ROOM_FOR})")

    said = alices.kernel.value(f"refused(lambda: client.wait_for_workers({MOST_WORKERS}, timeout=2))")

    assert said == f"Only {THERE_IS_ROOM_FOR}/{MOST_WORKERS} workers arrived after 2"
    assert len(workers(state, alices.large)) == THERE_IS_ROOM_FOR
    assert asked_for(state) <= TOTAL_GB


def test_those_that_came_compute(alices: Scarcity) -> None:
    assert alices.kernel.value("client.gather(client.map(lambda n: n * n, range(9)))") == [n * n for n in range(9)]


def test_one_cluster_too_many_of_a_user_is_refused_with_what_to_do(alices: Scarcity) -> None:
    # As new_cluster() asks, which in her kernel would leave an object behind that may block it at any later moment.
    assert alices.kernel.value("refused(gateway.submit)") == (
        "You have 2 Dask clusters, and the limit is 2 per user. Shut one down first: "
        "gateway.list_clusters() lists them, gateway.stop_cluster(name) stops one."
    )


def test_meanwhile_the_hub_answers_and_another_users_notebook_starts(alices: Scarcity, bob: Person) -> None:
    slowest = 0.0
    with ThreadPoolExecutor() as pool:
        starting = pool.submit(bob.start_server)
        while not starting.done():
            asked = time.monotonic()
            bob.call("GET", "/hub/api/users/bob").raise_for_status()
            slowest = max(slowest, time.monotonic() - asked)
            time.sleep(0.5)
        starting.result()

    assert slowest < HUB_ANSWERS_SECONDS


def test_who_asks_when_nothing_is_left_is_told_so_at_once(alices: Scarcity, bob: Person) -> None:
    with Kernel(bob) as kernel:
        kernel.run(GATEWAY + REFUSED)

        said = kernel.value("refused(gateway.new_cluster)", timeout_seconds=30)

    assert said == (
        "There is not enough capacity for another Dask cluster: its scheduler and one worker need 0.75 GB of memory, "
        "but only 0.25 of the 4 that all users' clusters share are free. Try again later, or choose smaller workers."
    )


def test_where_room_is_made_the_missing_worker_comes(alices: Scarcity) -> None:
    alices.kernel.run("small.shutdown()")

    alices.kernel.run(f"client.wait_for_workers({MOST_WORKERS}, timeout={ROOM_IS_SEEN_SECONDS})")


def test_after_a_shutdown_all_of_it_is_free_again(state: State, alices: Scarcity) -> None:
    alices.kernel.run("large.shutdown()")

    eventually(lambda: asked_for(state) == 0, CLEAN_UP_SECONDS, "nothing asked for")


def test_nothing_of_the_hub_or_the_gateway_has_failed_over_it(state: State, restarts: dict[str, int]) -> None:
    assert started_again(state) == restarts


@pytest.fixture
def full_node(state: State, alices: Scarcity, bob: Person) -> Iterator[dict[str, str]]:
    """Pods with the classes of Dask's that ask for all the CPUs there are left: their classes by name."""
    bob.stop_server()
    classes = {f"{kind}-{uuid4().hex[:8]}": kind for kind in ("worker", "worker", "scheduler")}
    each_millis = (free_millis(state) - 20) // len(classes)
    made = [like_dasks(name, f"{web.NAMESPACE}-dask-{kind}", each_millis) for name, kind in classes.items()]
    kubectl(state, "apply", "--filename=-", stdin=yaml.safe_dump_all(made))
    try:
        kubectl(state, "wait", "--for=condition=Ready", "--timeout=30s", *(f"pod/{name}" for name in classes))
        yield classes
    finally:
        kubectl(state, "delete", "pod", "--ignore-not-found", "--wait=false", *classes)


def free_millis(state: State) -> int:
    """Thousandths of a CPU that no pod asks for."""
    [node] = json.loads(kubectl(state, "get", "nodes", "-o", "json"))["items"]
    taken = [
        millis(container["resources"].get("requests", {}).get("cpu", "0"))
        for pod in pods(state, "--all-namespaces")
        if pod["status"]["phase"] in ("Pending", "Running")
        for container in pod["spec"]["containers"]
    ]
    return millis(node["status"]["allocatable"]["cpu"]) - sum(taken)


def millis(cpus: str) -> int:
    return int(cpus.removesuffix("m")) if cpus.endswith("m") else int(1000 * float(cpus))


def like_dasks(name: str, priority_class: str, cpu_millis: int) -> dict[str, Any]:
    container = {
        "name": "sleep",
        "image": "localhost/pangeo/notebook:local",
        "command": ["sleep", "120"],
        "resources": {"requests": {"cpu": f"{cpu_millis}m", "memory": "16Mi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    spec = {
        "priorityClassName": priority_class,
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 1,
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def evicted(state: State) -> set[str]:
    """The pods that Kubernetes' scheduler has taken away for others so far."""
    events = json.loads(kubectl(state, "get", "events", "--field-selector=reason=Preempted", "-o", "json"))["items"]
    return {event["involvedObject"]["name"] for event in events}


def test_a_notebook_that_finds_no_room_takes_that_of_dasks_workers_and_of_nothing_else(
    state: State, full_node: dict[str, str], bob: Person
) -> None:
    notebook = {pod["metadata"]["uid"] for pod in pods(state, "--selector", "hub.jupyter.org/username=alice")}
    before, evicted_before = started_again(state), evicted(state)

    bob.start_server()

    gone = evicted(state) - evicted_before
    assert gone
    assert {full_node.get(name, name) for name in gone} == {"worker"}
    assert notebook == {pod["metadata"]["uid"] for pod in pods(state, "--selector", "hub.jupyter.org/username=alice")}
    assert started_again(state) == before
