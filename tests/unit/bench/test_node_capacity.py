"""The free capacity of a node is what its pods have not requested."""

from typing import Any

import pytest

from tests.support.node_capacity import GIB, free_amount

NODE = {"status": {"allocatable": {"cpu": "2", "memory": f"{10 * 1024**2}Ki", "pods": "110"}}}


def pod(phase: str = "Running", **requests: str) -> dict[str, Any]:
    return {"status": {"phase": phase}, "spec": {"containers": [{"resources": {"requests": requests}}]}}


def test_capacity_is_the_sum_over_all_nodes() -> None:
    assert free_amount([NODE, NODE], [], "cpu") == 4
    assert free_amount([NODE], [], "memory") == 10 * GIB


def test_running_and_pending_pods_take_capacity() -> None:
    pods = [pod(cpu="500m"), pod("Pending", cpu="500m", memory="1Gi"), pod("Succeeded", cpu="2")]

    assert free_amount([NODE], pods, "cpu") == pytest.approx(1.0)
    assert free_amount([NODE], pods, "memory") == 9 * GIB


def test_a_pod_without_requests_takes_no_capacity() -> None:
    bare = {"status": {"phase": "Running"}, "spec": {"containers": [{}]}}

    assert free_amount([NODE], [bare], "cpu") == 2
