"""The local tenancy with the commands of the README: durations, kept data, remains."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from math import inf
from pathlib import Path
from uuid import uuid4

import pytest

from components.chart.secrets import HubSecrets
from local import cluster, directory, lifecycle
from local.failure import Failure
from local.host.commands import output
from local.paths import PROJECT, State
from local.tenancy import engine, web
from local.tenancy.engine_environment import engine_environment
from tests.support.kubectl import kubectl, list_objects, volumes_by_claim
from tests.support.node_capacity import log_in_admin
from tests.support.person import Person, local_person

pytestmark = pytest.mark.cluster

NOTHING_TO_DO_SECONDS = 20
ATTEMPTS = 3
DOWN_TO_NOTEBOOK_SECONDS = 90

COUNTING_POD = Path(__file__).with_name("pod_with_home.yaml")
COUNTING_NAMESPACE = "restart-counter"
RESTART_SECONDS = 120

EXPECTED = {
    "kubernetes:core/v1:Namespace",
    "kubernetes:core/v1:Secret",
    "kubernetes:helm.sh/v3:Release",
    "kubernetes:networking.k8s.io/v1:Ingress",
    "pangeo:caas:PangeoCluster",
    "pulumi-python:dynamic/freeipa:Group",
    "pulumi-python:dynamic/tenancy:Contract",
    "pulumi-python:dynamic/tenancy:HubReady",
    "random:index/randomPassword:RandomPassword",
}


@pytest.fixture(scope="module")
def state() -> State:
    return State()


@pytest.fixture
def alice(state: State) -> Person:
    directory.grant(state, "alice", lifecycle.NOTEBOOK_USERS)
    return local_person(state, "alice")


def make(*words: str, timeout_seconds: float = 600) -> str:
    done = subprocess.run(
        ["make", "--no-print-directory", *words],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=timeout_seconds,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_stack_contains_all_declared_types(state: State) -> None:
    types = {type_ for type_, _ in engine.resources(state)}

    assert types >= EXPECTED


def test_a_second_up_is_quick_and_changes_nothing() -> None:
    durations: list[float] = []
    # Remains of earlier tests and other users of the machine may slow down single attempts.
    while len(durations) < ATTEMPTS and min(durations, default=inf) >= NOTHING_TO_DO_SECONDS:
        started = time.monotonic()
        printed = make("running")
        durations.append(time.monotonic() - started)
        assert not re.findall(r"^    [+~±-] ", printed, flags=re.MULTILINE)

    assert min(durations) < NOTHING_TO_DO_SECONDS


def test_status_reports_a_healthy_tenancy() -> None:
    printed = make("status")

    assert "hub answers" in printed
    assert "RUNNING" in printed


def test_the_state_has_no_secret_in_plain_text(state: State, alice: Person) -> None:
    stored = "".join(
        file.read_text(errors="replace") for file in (state.engine / "backend").rglob("*") if file.is_file()
    )
    secrets = hub_secrets(state)

    assert len(secrets) == len(fields(HubSecrets))
    assert [name for name, value in secrets.items() if value in stored] == []
    assert directory_password(state) not in stored


def hub_secrets(state: State) -> dict[str, str]:
    """Return the hub's random secrets in plain text, by resource name."""
    exported = json.loads(
        output(
            [state.bin / "pulumi", "stack", "export", "--show-secrets", "--stack", engine.STACK],
            cwd=state.engine / "workspace",
            env=engine_environment(state),
            timeout_seconds=60,
        )
    )
    return {
        resource["urn"].rsplit("::", 1)[-1]: json.loads(resource["outputs"]["result"]["plaintext"])
        for resource in exported["deployment"]["resources"]
        if resource["type"] == "random:index/randomPassword:RandomPassword"
    }


def directory_password(state: State) -> str:
    return engine_environment(state)["FREEIPA_BIND_PASSWORD"]


def set_admin(state: State, user: str, *, admin: bool) -> None:
    """Send the request of *Edit User* in the hub's pages."""
    path = f"/hub/api/users/{user}"
    log_in_admin(state).call("PATCH", path, {"name": user, "admin": admin}).raise_for_status()


def test_destroy_keeps_homes_the_group_and_the_hubs_database_for_the_next_up(state: State, alice: Person) -> None:
    word = uuid4().hex
    assert alice.log_in() == 200
    set_admin(state, "alice", admin=True)
    alice.start_server()
    alice.write("kept.txt", word)
    before = volumes_by_claim(state, web.NAMESPACE)

    printed = make("destroy")
    assert "claim-alice" in printed
    assert "kubernetes:helm.sh/v3:Release" not in {type_ for type_, _ in engine.resources(state)}
    assert list_objects(state, "deployments") == []
    assert volumes_by_claim(state, web.NAMESPACE) == before
    assert {"claim-alice", "hub-db-dir"} <= set(before)
    assert "alice" in directory.members(state, lifecycle.NOTEBOOK_USERS)

    make("running")
    assert volumes_by_claim(state, web.NAMESPACE) == before
    assert alice.log_in() == 200, "alice is no longer a member of the group"
    assert alice.call("GET", "/hub/api/users/alice").json()["admin"], "the hub's database was lost"
    set_admin(state, "alice", admin=False)
    alice.start_server()
    assert alice.read("kept.txt") == word


@dataclass(frozen=True)
class Counter:
    """A pod that counts its starts in a file on its volume."""

    state: State

    def starts(self, *, more_than: int) -> int:
        """Wait until the pod has started more than ``more_than`` times; return the number."""
        deadline = time.monotonic() + RESTART_SECONDS
        read = ("exec", "counter", "--", "cat", "/home/starts")
        while True:
            try:
                counted = kubectl(self.state, *read, namespace=COUNTING_NAMESPACE).count("started")
                problem = f"{counted} starts"
            except Failure as failure:
                counted, problem = 0, failure.message
            if counted > more_than:
                return counted
            assert time.monotonic() < deadline, problem
            time.sleep(0.5)


@pytest.fixture
def counter(state: State) -> Iterator[Counter]:
    kubectl(state, "apply", "--filename", str(COUNTING_POD), namespace=COUNTING_NAMESPACE)
    yield Counter(state)
    kubectl(state, "delete", "--filename", str(COUNTING_POD), "--wait=false", namespace=COUNTING_NAMESPACE)


def pods_without_servers(state: State) -> set[str]:
    """Return the UIDs of the tenancy's pods, except users' servers: the hub may start another pod for one."""
    pods = list_objects(
        state, "pods", "--selector=component!=singleuser-server", "--field-selector=status.phase=Running"
    )
    return {pod["metadata"]["uid"] for pod in pods}


def test_down_leaves_nothing_and_up_restores_pods_files_and_the_notebook(
    state: State, alice: Person, counter: Counter
) -> None:
    word = uuid4().hex
    assert alice.log_in() == 200
    alice.start_server()
    alice.write("kept.txt", word)
    starts, pods = counter.starts(more_than=0), pods_without_servers(state)

    for _ in range(2):  # the second finds nothing to stop
        make("down")
        assert cluster.leftovers(state) == []
        assert not cluster.is_ready(state)

    started = time.monotonic()
    make("running")
    assert alice.log_in() == 200
    alice.start_server()
    seconds = time.monotonic() - started

    assert alice.read("kept.txt") == word
    assert counter.starts(more_than=starts) == starts + 1
    assert pods <= pods_without_servers(state)
    assert seconds < DOWN_TO_NOTEBOOK_SECONDS
