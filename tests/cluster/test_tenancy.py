"""The local tenancy with the commands of the README: durations, kept data, remains."""

import json
import re
import subprocess
import time
from dataclasses import fields
from math import inf
from uuid import uuid4

import pytest

from components.chart.secrets import HubSecrets
from local import cluster, directory, lifecycle
from local.host.commands import output
from local.paths import PROJECT, State
from local.tenancy import engine
from local.tenancy.engine_environment import engine_environment
from tests.support.person import Person, local_person

pytestmark = pytest.mark.cluster

NOTHING_TO_DO_SECONDS = 20
ATTEMPTS = 3
DOWN_TO_NOTEBOOK_SECONDS = 90

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


def test_destroy_keeps_homes_for_the_next_up(state: State, alice: Person) -> None:
    word = uuid4().hex
    assert alice.log_in() == 200
    alice.start_server()
    alice.write("kept.txt", word)

    printed = make("destroy")
    assert "claim-alice" in printed
    assert "kubernetes:helm.sh/v3:Release" not in {type_ for type_, _ in engine.resources(state)}

    make("running")
    assert alice.log_in() == 200
    alice.start_server()
    assert alice.read("kept.txt") == word


def test_down_leaves_nothing_and_up_restores_the_notebook(state: State, alice: Person) -> None:
    word = uuid4().hex
    assert alice.log_in() == 200
    alice.start_server()
    alice.write("kept.txt", word)

    make("down")
    assert cluster.leftovers(state) == []

    started = time.monotonic()
    make("running")
    assert alice.log_in() == 200
    alice.start_server()
    seconds = time.monotonic() - started

    assert alice.read("kept.txt") == word
    assert seconds < DOWN_TO_NOTEBOOK_SECONDS
