"""A user is told that no node has room for a cluster's scheduler or workers, instead of waiting for ever."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from tests.engine.charts.renders import Object
from tests.engine.gateway.gateway_processes import Gateway
from tests.support.waiting import wait_for

pytestmark = pytest.mark.engine

CAUSE = "0/3 nodes are available: 3 Insufficient cpu.\npreemption: 0/3 nodes are available"
LONG_AGO = timedelta(hours=1)


@pytest.fixture
def user(gateway: Gateway, request: pytest.FixtureRequest) -> Iterator[str]:
    """A user without clusters; clusters that the test starts are stopped after it."""
    name = request.node.name[:40]
    yield name
    for cluster in gateway.clusters(name):
        gateway.stop(cluster, name)


def mark_unschedulable(gateway: Gateway, pod: Object, since: timedelta) -> None:
    """Write the condition that Kubernetes' scheduler writes when no node has room for the pod."""
    condition = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": CAUSE,
        "lastTransitionTime": (datetime.now(UTC) - since).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    patch = json.dumps({"status": {"conditions": [condition]}})
    words = ("patch", "pod", pod["metadata"]["name"], "--subresource=status", "--type=merge", f"--patch={patch}")
    gateway.server.kubectl(*words, "--namespace", gateway.namespace)


def started(gateway: Gateway, user: str) -> tuple[str, Object]:
    """Start a cluster; return its name and its scheduler's pod."""
    name = gateway.new_cluster(user).json()["name"]
    [pod] = gateway.wait_for_objects("pods", name, "dask-scheduler")
    return name, pod


def running(gateway: Gateway, user: str, workers: int) -> tuple[str, list[Object]]:
    """Start a cluster with a running scheduler; return its name and its workers' pods."""
    name, scheduler = started(gateway, user)
    gateway.mark_running(scheduler)
    wait_for(lambda: gateway.ask("GET", f"clusters/{name}", user).json()["status"], lambda status: status == "RUNNING")
    gateway.scale(name, workers)
    return name, gateway.wait_for_objects("pods", name, "dask-worker", workers)


def test_a_scheduler_without_a_node_is_reported_and_its_cluster_stopped(gateway: Gateway, user: str) -> None:
    name, scheduler = started(gateway, user)
    mark_unschedulable(gateway, scheduler, LONG_AGO)

    answer = gateway.ask("GET", f"clusters/{name}?wait", user)

    assert answer.status_code == requests.codes.conflict
    assert answer.json()["error"].startswith(
        "Your Dask cluster cannot start: no node has room for its scheduler (0/3 nodes are available: 3 Insufficient "
        "cpu. preemption: 0/3 nodes are available). The cluster was stopped; try again later"
    )
    wait_for(lambda: gateway.clusters(user), lambda names: name not in names)


def test_a_scheduler_that_may_still_get_a_node_is_awaited(gateway: Gateway, user: str) -> None:
    name, scheduler = started(gateway, user)
    mark_unschedulable(gateway, scheduler, timedelta())

    answer = gateway.ask("GET", f"clusters/{name}?wait", user)

    assert answer.json()["status"] == "PENDING"


def test_workers_without_a_node_are_reported_when_more_are_requested(gateway: Gateway, user: str) -> None:
    name, workers = running(gateway, user, 2)
    for worker in workers:
        mark_unschedulable(gateway, worker, LONG_AGO)

    answer = gateway.ask("POST", f"clusters/{name}/scale", user, {"count": 2})

    assert answer.status_code == requests.codes.conflict
    assert answer.json()["error"].startswith(
        "No node has room for any of the 2 workers of your Dask cluster (0/3 nodes are available: 3 Insufficient cpu."
    )


def test_a_cluster_with_one_scheduled_worker_is_not_reported(gateway: Gateway, user: str) -> None:
    name, workers = running(gateway, user, 2)
    mark_unschedulable(gateway, workers[0], LONG_AGO)

    assert gateway.ask("POST", f"clusters/{name}/scale", user, {"count": 2}).ok
    assert gateway.ask("POST", f"clusters/{name}/scale", user, {"count": 0}).ok
