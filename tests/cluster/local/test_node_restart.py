"""The node taken down and up again while everything else of the local tenancy goes on."""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local import cluster
from local.paths import State
from local.progress import Report
from local.tenancy import web

pytestmark = pytest.mark.cluster

POD = Path(__file__).with_name("pod_with_home.yaml")
TIMEOUT_SECONDS = 120

Kubectl = Callable[..., str]


@pytest.fixture(scope="module")
def state() -> Iterator[State]:
    state = State()
    if not cluster.is_ready(state):
        pytest.fail("the local tenancy does not run; start it with make up")
    yield state
    # It comes back with the cluster, a while after it, and the next tests log in.
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


def starts(kubectl: Kubectl, *, more_than: int) -> int:
    """How often the pod has started, once that is ``more_than``."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        try:
            counted = kubectl("exec", "-n", "node-restart", "counter", "--", "cat", "/home/starts").count("started")
        except subprocess.CalledProcessError as error:
            counted, why = 0, error.stderr
        else:
            why = f"{counted} starts"
        if counted > more_than:
            return counted
        assert time.monotonic() < deadline, why
        time.sleep(0.5)


def test_down_leaves_nothing_on_the_machine_and_up_brings_pods_and_their_files_back(
    state: State, kubectl: Kubectl
) -> None:
    before = starts(kubectl, more_than=0)
    pods = kubectl("get", "pods", "--all-namespaces", "-o", "jsonpath={.items[*].metadata.uid}").split()

    cluster.down(state, Report())
    try:
        assert cluster.leftovers(state) == []
        assert not cluster.is_ready(state)
    finally:
        started = time.monotonic()
        cluster.up(state, Report())
    assert time.monotonic() - started < 45

    assert starts(kubectl, more_than=before) == before + 1
    back = kubectl("get", "pods", "--all-namespaces", "-o", "jsonpath={.items[*].metadata.uid}").split()
    assert set(pods) <= set(back)


def test_down_twice_is_fine(state: State) -> None:
    cluster.down(state, Report())
    try:
        cluster.down(state, Report())
        assert cluster.leftovers(state) == []
    finally:
        cluster.up(state, Report())
