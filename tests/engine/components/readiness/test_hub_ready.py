"""The wait for a hub: real engine, API server, controllers and scheduler; the test plays the kubelet."""

import pytest
from pulumi.automation import OpType

from tests.engine.components.readiness.waiting_stack import HUB_READY, WaitingStack
from tests.support.kubelet import MISSING_IMAGE

pytestmark = pytest.mark.engine

INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"
RELEASE = "kubernetes:helm.sh/v3:Release"


def test_ready_hub_shows_no_change_and_no_path(stack: WaitingStack) -> None:
    assert stack.preview() == {}
    [resource] = [each for each in stack.state() if each["type"] == HUB_READY]
    inputs = {key: value for key, value in resource["inputs"].items() if key != "__provider"}
    assert inputs.keys() == {"release", "namespace", "revision", "limitSeconds"}


def test_preview_waits_for_nothing_and_shows_the_wait(stack: WaitingStack) -> None:
    stack.write_chart(image=MISSING_IMAGE)

    assert stack.preview() == {RELEASE: OpType.UPDATE, HUB_READY: OpType.UPDATE}


def test_missing_image_ends_the_wait_early(stack: WaitingStack) -> None:
    stack.write_chart(image=MISSING_IMAGE)

    error = stack.try_up()

    assert f"image {MISSING_IMAGE} cannot be pulled (ErrImagePull)" in error
    assert "the registry has no such image" in error
    assert "Traceback" not in error
    assert any(f"image {MISSING_IMAGE} cannot be pulled" in line for line in stack.progress)
