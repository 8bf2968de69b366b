"""The wait for a hub: real engine, API server, controllers and scheduler; the test plays the kubelet."""

import pytest
from pulumi.automation import OpType

from tests.engine.components.readiness.waiting_stack import HUB_READY, WaitingStack
from tests.support.api_server import ApiServer
from tests.support.kubelet import CRASHING_IMAGE, MISSING_IMAGE, SLOW_IMAGE, Kubelet, ready_state

pytestmark = pytest.mark.engine

INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"
RELEASE = "kubernetes:helm.sh/v3:Release"


def test_ready_hub_shows_no_change_and_has_no_path_in_the_state(stack: WaitingStack) -> None:
    assert stack.preview() == {}
    [resource] = [each for each in stack.state() if each["type"] == HUB_READY]
    inputs = {key: value for key, value in resource["inputs"].items() if key != "__provider"}
    assert inputs.keys() == {"release", "namespace", "revision", "limitSeconds"}


def test_preview_of_another_chart_does_not_wait(stack: WaitingStack) -> None:
    stack.write_chart(image=MISSING_IMAGE)

    assert stack.preview() == {RELEASE: OpType.UPDATE, HUB_READY: OpType.UPDATE}


def test_image_that_is_being_pulled_is_reported_while_up_waits(stack: WaitingStack, kubelet: Kubelet) -> None:
    stack.write_chart(image=SLOW_IMAGE)

    def finish_pull(message: str) -> None:
        if f'an image is being pulled: Pulling image "{SLOW_IMAGE}"' in message:
            kubelet.states[SLOW_IMAGE] = ready_state

    error = stack.try_up(finish_pull)

    assert error == ""
    assert kubelet.states[SLOW_IMAGE] is ready_state, stack.messages
    assert stack.preview() == {}


def test_missing_image_ends_the_wait_and_the_next_up_waits_again(stack: WaitingStack) -> None:
    stack.write_chart(image=MISSING_IMAGE)

    for _ in range(2):
        error = stack.try_up()
        assert f"image {MISSING_IMAGE} cannot be pulled (ErrImagePull): rpc error: code = NotFound" in error
        assert "Fix: the registry has no such image" in error
        assert "Traceback" not in error
        assert any(f"image {MISSING_IMAGE} cannot be pulled" in line for line in stack.progress)
    assert stack.preview() == {HUB_READY: OpType.UPDATE}


def test_crashing_container_ends_the_wait(stack: WaitingStack) -> None:
    stack.write_chart(image=CRASHING_IMAGE)

    error = stack.try_up()

    assert (
        "container hub has crashed 4 times (Error, exit code 1: the database is locked \\x1b[31mgive up). Fix: kubectl "
        "logs --namespace waiting hub-"
    ) in error
    assert "Traceback" not in error


def test_hub_that_no_node_could_run_ends_the_wait(stack: WaitingStack) -> None:
    stack.write_chart(cpus="64")

    error = stack.try_up()

    assert "FailedScheduling: 0/1 nodes are available: 1 Insufficient cpu" in error
    assert "1 of 1 nodes are too small: it requests 64 cpu, and the largest node has 4 cpu" in error


def test_claim_of_a_missing_storage_class_ends_the_wait(stack: WaitingStack) -> None:
    stack.write_chart(claim={"storageClassName": "nowhere"})

    error = stack.try_up()

    assert 'claim hub-db-dir: is Pending: storageclass.storage.k8s.io "nowhere" not found' in error
    assert "the cluster has no storage class nowhere; create it, or set pangeo:storage.className" in error


def test_hub_that_is_not_ready_can_be_destroyed(stack: WaitingStack, cluster: ApiServer, kubelet: Kubelet) -> None:
    stack.write_chart(image=CRASHING_IMAGE)
    assert "has crashed" in stack.try_up()

    stack.destroy()

    assert stack.state() == []
    assert cluster.read("deployments", "--namespace", "waiting")["items"] == []
