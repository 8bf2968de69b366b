"""Restart of the node while the other parts of the local tenancy keep running."""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local import cluster
from local.paths import State
from local.progress import Report
from local.tenancy import web
from tests.support.running_tenancy import running_state

pytestmark = pytest.mark.cluster

POD = Path(__file__).with_name("pod_with_home.yaml")
TIMEOUT_SECONDS = 120

Kubectl = Callable[..., str]


@pytest.fixture(scope="module")
def state() -> Iterator[State]:
    state = running_state()
    yield state
    # The hub answers some time after the cluster, and the next tests log in.
    web.wait_for_hub(state)


@pytest.fixture
def kubectl(state: State) -> Iterator[Kubectl]:
    def kubectl(*words: str) -> str:
        program = [str(state.bin / "kubectl"), "--kubeconfig", str(state.kubeconfig)]
        return subprocess.run(
            [*program, *words], check=True, capture_output=True, text=True, timeout=TIMEOUT_SECONDS
        ).stdout

    kubectl("apply", "-f", str(POD))
    yield kubectl
    kubectl("delete", "-f", str(POD), "--timeout=60s")


def count_starts(kubectl: Kubectl, *, more_than: int) -> int:
    """Wait until the pod has started more than ``more_than`` times; return the number."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        try:
            counted = kubectl("exec", "-n", "node-restart", "counter", "--", "cat", "/home/starts").count("started")
        except subprocess.CalledProcessError as error:
            counted, problem = 0, error.stderr
        else:
            problem = f"{counted} starts"
        if counted > more_than:
            return counted
        assert time.monotonic() < deadline, problem
        time.sleep(0.5)


def test_down_leaves_nothing_and_up_restores_pods_and_files(state: State, kubectl: Kubectl) -> None:
    before = count_starts(kubectl, more_than=0)
    pods = kubectl("get", "pods", "--all-namespaces", "-o", "jsonpath={.items[*].metadata.uid}").split()

    cluster.down(state, Report())
    try:
        assert cluster.leftovers(state) == []
        assert not cluster.is_ready(state)
    finally:
        started = time.monotonic()
        cluster.up(state, Report())
    assert time.monotonic() - started < 45

    assert count_starts(kubectl, more_than=before) == before + 1
    restored = kubectl("get", "pods", "--all-namespaces", "-o", "jsonpath={.items[*].metadata.uid}").split()
    assert set(pods) <= set(restored)


def test_a_second_down_succeeds(state: State) -> None:
    cluster.down(state, Report())
    try:
        cluster.down(state, Report())
        assert cluster.leftovers(state) == []
    finally:
        cluster.up(state, Report())
