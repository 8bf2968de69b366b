"""Limits of temporary storage and processes on the real node: a user who exceeds them disturbs nobody else."""

import json
import re
from collections.abc import Iterator
from html import unescape

import pytest

from components.cli.verify.code_values import insert_values
from components.cli.verify.processes import CODE, MOST
from local.paths import State
from tests.support.dask import NEW_CLUSTER, log_in_user, restart_servers, wait_until, worker_pods
from tests.support.kernel import Kernel
from tests.support.kubectl import list_objects, read_object
from tests.support.person import Person

pytestmark = pytest.mark.cluster

HEAVY, OTHER = "alice", "bob"
LIMIT_GB = 2
"""``notebook.temporaryStorageGb`` of the local stack file; Dask's workers have half of it."""

EVICTION_SECONDS = 180
"""Kubelet measures a container's files every ten seconds, and later on a busy machine; the hub looks every thirty."""
SPILL_SECONDS = 240

FILL = f"""
import os
descriptor = os.open("/tmp/large", os.O_CREAT | os.O_WRONLY)
os.posix_fallocate(descriptor, 0, {LIMIT_GB + 1} * 1024**3)
"""
SPILL = """
import os
data = client.map(lambda number: os.urandom(20_000_000), range(80), pure=False)
"""
"""1.6 GB in pieces of 20 MB: more than a worker of 0.5 GB may keep, and than the 0.8 GB that it may spill."""
WORKER = "list(client.scheduler_info(n_workers=-1)['workers'].values())"


@pytest.fixture(scope="module")
def state() -> State:
    return State()


@pytest.fixture(scope="module")
def people(state: State) -> dict[str, Person]:
    return restart_servers(state, HEAVY, OTHER)


@pytest.fixture(scope="module", autouse=True)
def _stop_servers(people: dict[str, Person]) -> Iterator[None]:
    yield
    for person in people.values():
        person.stop_server()


def uids(state: State) -> dict[str, str]:
    """Return the UID of each user's pod."""
    pods = list_objects(state, "pods", "--selector", "component=singleuser-server")
    return {each["metadata"]["name"]: each["metadata"]["uid"] for each in pods}


@pytest.fixture(scope="module")
def filled(state: State, people: dict[str, Person]) -> dict[str, str]:
    """The UIDs of the pods before one server wrote more than its limit. Kubelet and hub notice it some time later."""
    before, heavy = uids(state), people[HEAVY]
    heavy.write("kept.txt", "kept")
    with Kernel(heavy) as kernel:
        kernel.run(FILL)
    return before


def test_the_node_reports_temporary_storage_and_servers_are_limited(state: State, people: dict[str, Person]) -> None:
    (node,) = list_objects(state, "nodes")
    assert node["status"]["allocatable"]["ephemeral-storage"]
    [container] = read_object(state, "pod", f"jupyter-{OTHER}")["spec"]["containers"]
    assert container["resources"]["limits"]["ephemeral-storage"] == f"{LIMIT_GB}Gi"
    assert people[OTHER].user == OTHER


def test_a_program_that_starts_processes_without_end_is_stopped(people: dict[str, Person]) -> None:
    with Kernel(people[OTHER]) as kernel:
        found = json.loads(kernel.run(insert_values(CODE, MOST=MOST)))
    assert found["is_limited"]
    assert 3000 < found["started"] < 4096  # podPidsLimit of the local node, less the server's own processes


@pytest.mark.usefixtures("filled")
def test_a_workers_spilled_data_stays_below_its_limit(state: State, people: dict[str, Person]) -> None:
    with Kernel(people[OTHER]) as kernel:
        kernel.run(NEW_CLUSTER)
        try:
            kernel.run("cluster.scale(1)\nclient.wait_for_workers(1, timeout=80)")
            kernel.run(SPILL)
            wait_until(
                lambda: kernel.value(f"[each['status'] for each in {WORKER}]") == ["paused"],
                SPILL_SECONDS,
                "the worker has paused",
            )
            [spilled] = kernel.value(f"[each['metrics']['spilled_bytes']['disk'] for each in {WORKER}]")
            assert 600 * 1024**2 < spilled <= 819 * 1024**2
            [pod] = worker_pods(state, kernel.value("cluster.name"))
            assert read_object(state, "pod", pod)["status"]["phase"] == "Running"
        finally:
            kernel.run("cluster.shutdown()")


def test_a_server_that_fills_its_temporary_storage_is_stopped_alone_and_its_user_learns_why(
    state: State, people: dict[str, Person], filled: dict[str, str]
) -> None:
    heavy = people[HEAVY]
    wait_until(lambda: f"jupyter-{HEAVY}" not in uids(state), EVICTION_SECONDS, "the server was stopped")

    assert uids(state)[f"jupyter-{OTHER}"] == filled[f"jupyter-{OTHER}"]
    wait_until(lambda: "because it wrote more than 2 GB" in page_of(heavy), EVICTION_SECONDS, "the page says why")
    text = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", page_of(heavy))))
    assert re.search(r"Your server was stopped at \d\d:\d\d UTC because it wrote more than 2 GB of temporary", text)

    heavy = log_in_user(state, HEAVY)
    heavy.start_server()
    assert heavy.read("kept.txt") == "kept"


def page_of(person: Person) -> str:
    """Return the page of the person's server, as a browser gets it."""
    page = f"{person.hub.url}/hub/user/{person.user}/"
    return person.session.get(page, headers={"Accept": "text/html"}, timeout=60).text
