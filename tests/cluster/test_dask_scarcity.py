"""Dask clusters that request more than the node has: they get a part, and hub and notebooks are not affected."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import yaml

from components.in_hub.quantity import size_bytes
from local.images.definitions import NOTEBOOK
from local.paths import State
from local.tenancy import web
from tests.support.dask import CLEAN_UP_SECONDS, GATEWAY, log_in_user, wait_until, worker_pods
from tests.support.kernel import Kernel
from tests.support.kubectl import kubectl, list_objects, read_object
from tests.support.node_capacity import free_amount, stop_admin_server
from tests.support.person import Person

pytestmark = pytest.mark.cluster

TOTAL_GB = 4
"""``dask.totalRamGb`` of the local stack file: limit of the memory of all users' schedulers and workers together."""
SCHEDULER_GB = 0.5
"""``dask.schedulerRamGb`` of the local stack file."""
SMALL_GB, LARGE_GB, MAX_WORKERS = 1, 0.625, 4
"""Memory of the small cluster's only worker, memory of a worker of the large cluster, and ``dask.maxWorkers``."""
EXPECTED_WORKERS = 3
"""Workers of the large cluster that fit: 4 - (0.5 + 1) - 0.5 = 2 GB are available to them, 0.125 GB remain."""

OLD_CLUSTERS_TIMEOUT_SECONDS = 120
"""Time until idle clusters of earlier tests are removed."""
RETRY_SECONDS = 80
"""Time until a refused worker runs: the gateway retries every 10 s at most, and a worker starts slowly."""
HUB_LIMIT_SECONDS = 10.0
"""Longest allowed answer of the hub."""

CLUSTERS = f"""\
{GATEWAY}
names = [gateway.submit(worker_memory=size) for size in ({SMALL_GB}, {LARGE_GB})]
small, large = (gateway.connect(name, shutdown_on_close=True) for name in names)
small.scale(1)
client = large.get_client()
"""
# Idle clusters would be removed on a slow machine, so both have work.
AT_WORK = """\
busy = [each.map(time.sleep, [1] * 999, pure=False, priority=-1) for each in (client, small.get_client(False))]
"""
ASK_FOR_MORE = """\
import warnings
with warnings.catch_warnings(record=True) as warnings_:
    warnings.simplefilter("always")
    large.scale(9)
warnings_ = [str(each.message) for each in warnings_]
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
    """Alice's two clusters, which use all capacity; they are the variables ``small`` and ``large`` of her kernel."""

    kernel: Kernel
    large: str
    warnings: list[str]


@pytest.fixture(scope="module")
def state() -> State:
    return State()


@pytest.fixture(scope="module")
def people(state: State) -> dict[str, Person]:
    """Alice with a server, bob and the admin without: the admin's server would use the capacity that bob needs."""
    alice, bob = (log_in_user(state, user) for user in ("alice", "bob"))
    with ThreadPoolExecutor() as pool:
        calls = [pool.submit(alice.start_server), pool.submit(bob.stop_server), pool.submit(stop_admin_server, state)]
        for call in calls:
            call.result()
    return {"alice": alice, "bob": bob}


@pytest.fixture
def bob(people: dict[str, Person]) -> Person:
    return people["bob"]


@pytest.fixture(scope="module")
def restarts(state: State) -> dict[str, int]:
    """The restart counts of the pods of hub and gateway before the tests."""
    return restart_counts(state)


@pytest.fixture(scope="module")
def scarcity(state: State, people: dict[str, Person], restarts: dict[str, int]) -> Iterator[Scarcity]:
    wait_until(lambda: requested_gb(state) == 0, OLD_CLUSTERS_TIMEOUT_SECONDS, "no cluster of an earlier test")
    with Kernel(people["alice"]) as kernel:
        kernel.run(CLUSTERS)
        # The small cluster's worker comes first; the large cluster gets the remaining capacity.
        wait_until(
            lambda: requested_gb(state) == SMALL_GB + 2 * SCHEDULER_GB, CLEAN_UP_SECONDS, "the small one's worker"
        )
        kernel.run(ASK_FOR_MORE + AT_WORK + REFUSED)
        yield Scarcity(kernel, kernel.value("large.name"), kernel.value("warnings_"))
        kernel.run("small.shutdown(), large.shutdown()", CLEAN_UP_SECONDS)


def requested_gb(state: State) -> float:
    """Return the gigabytes that all schedulers and workers request, as counted by their quota."""
    quota = read_object(state, "resourcequota", f"{web.NAMESPACE}-dask")
    return float(size_bytes(quota["status"]["used"]["requests.memory"])) / 2**30


def restart_counts(state: State) -> dict[str, int]:
    """Return the number of restarts of each pod of hub and gateway, by UID."""
    pods = list_objects(
        state, "pods", "--selector", "app.kubernetes.io/component in (hub,proxy,gateway,controller,traefik)"
    )
    assert len(pods) >= 5
    return {
        pod["metadata"]["uid"]: sum(each["restartCount"] for each in pod["status"]["containerStatuses"]) for pod in pods
    }


def test_scaling_beyond_the_cluster_limit_warns(scarcity: Scarcity) -> None:
    assert [warning.strip() for warning in scarcity.warnings] == [
        f"Scale request of 9 workers would exceed resource limit of {MAX_WORKERS} workers. "
        f"Scaling to {MAX_WORKERS} instead."
    ]


def test_workers_start_up_to_the_capacity(state: State, scarcity: Scarcity) -> None:
    scarcity.kernel.run(f"client.wait_for_workers({EXPECTED_WORKERS})")

    message = scarcity.kernel.value(f"refused(lambda: client.wait_for_workers({MAX_WORKERS}, timeout=2))")

    assert message == f"Only {EXPECTED_WORKERS}/{MAX_WORKERS} workers arrived after 2"
    assert len(worker_pods(state, scarcity.large)) == EXPECTED_WORKERS
    assert requested_gb(state) <= TOTAL_GB


def test_the_started_workers_compute(scarcity: Scarcity) -> None:
    assert scarcity.kernel.value("client.gather(client.map(lambda n: n * n, range(9)))") == [n * n for n in range(9)]


def test_a_users_third_cluster_is_refused(scarcity: Scarcity) -> None:
    # Like new_cluster(), but without its object, whose destructor may block the kernel at any later time.
    assert scarcity.kernel.value("refused(gateway.submit)") == (
        "You have 2 Dask clusters, and the limit is 2 per user. Shut one down first: "
        "gateway.list_clusters() lists them, gateway.stop_cluster(name) stops one."
    )


def test_the_hub_answers_and_starts_notebooks_meanwhile(scarcity: Scarcity, bob: Person) -> None:
    slowest = 0.0
    with ThreadPoolExecutor() as pool:
        starting = pool.submit(bob.start_server)
        while not starting.done():
            started = time.monotonic()
            bob.call("GET", "/hub/api/users/bob").raise_for_status()
            slowest = max(slowest, time.monotonic() - started)
            time.sleep(0.5)
        starting.result()

    assert slowest < HUB_LIMIT_SECONDS


def test_a_cluster_without_capacity_is_refused_at_once(scarcity: Scarcity, bob: Person) -> None:
    with Kernel(bob) as kernel:
        kernel.run(GATEWAY + REFUSED)

        message = kernel.value("refused(gateway.new_cluster)", timeout_seconds=30)

    assert message == (
        "There is not enough capacity for another Dask cluster: its scheduler and one worker need 1 GB of memory, "
        "but only 0.125 of the 4 that all users' clusters share are free. Try again later, or choose smaller workers."
    )


def test_the_missing_worker_starts_when_capacity_is_freed(scarcity: Scarcity) -> None:
    scarcity.kernel.run("small.shutdown()")

    scarcity.kernel.run(f"client.wait_for_workers({MAX_WORKERS}, timeout={RETRY_SECONDS})")


def test_a_shutdown_frees_all_capacity(state: State, scarcity: Scarcity) -> None:
    scarcity.kernel.run("large.shutdown()")

    wait_until(lambda: requested_gb(state) == 0, CLEAN_UP_SECONDS, "no requests")


def test_hub_and_gateway_have_not_restarted(state: State, restarts: dict[str, int]) -> None:
    assert restart_counts(state) == restarts


@pytest.fixture
def full_node(state: State, scarcity: Scarcity, bob: Person) -> Iterator[dict[str, str]]:
    """Pods with the priority classes of Dask that request all remaining CPUs: their kinds by name."""
    bob.stop_server()
    kinds = {f"{kind}-{uuid4().hex[:8]}": kind for kind in ("worker", "worker", "scheduler")}
    cpu_millis = (free_cpu_millis(state) - 20) // len(kinds)
    pods = [dask_like_pod(name, f"{web.NAMESPACE}-dask-{kind}", cpu_millis) for name, kind in kinds.items()]
    kubectl(state, "apply", "--filename=-", stdin=yaml.safe_dump_all(pods))
    try:
        kubectl(state, "wait", "--for=condition=Ready", "--timeout=30s", *(f"pod/{name}" for name in kinds))
        yield kinds
    finally:
        kubectl(state, "delete", "pod", "--ignore-not-found", "--wait=false", *kinds)


def free_cpu_millis(state: State) -> int:
    """Return the thousandths of a CPU that no pod has requested."""
    return int(1000 * free_amount(list_objects(state, "nodes"), list_objects(state, "pods", "--all-namespaces"), "cpu"))


def dask_like_pod(name: str, priority_class: str, cpu_millis: int) -> dict[str, Any]:
    container = {
        "name": "sleep",
        "image": NOTEBOOK.reference,
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


def preempted(state: State) -> set[str]:
    """Return the pods that Kubernetes' scheduler has preempted so far."""
    events = list_objects(state, "events", "--field-selector=reason=Preempted")
    return {event["involvedObject"]["name"] for event in events}


def test_a_notebook_preempts_only_dask_workers(state: State, full_node: dict[str, str], bob: Person) -> None:
    notebook = {
        pod["metadata"]["uid"] for pod in list_objects(state, "pods", "--selector", "hub.jupyter.org/username=alice")
    }
    before, preempted_before = restart_counts(state), preempted(state)

    bob.start_server()

    removed = preempted(state) - preempted_before
    assert removed
    assert {full_node.get(name, name) for name in removed} == {"worker"}
    assert notebook == {
        pod["metadata"]["uid"] for pod in list_objects(state, "pods", "--selector", "hub.jupyter.org/username=alice")
    }
    assert restart_counts(state) == before
