"""What the real controller makes of a cluster with the rights the chart gives it, as the API server keeps it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.engine.charts.renders import Object
from tests.engine.gateway.gateway_processes import Gateway, until

pytestmark = pytest.mark.engine

USER = "alice"


@pytest.fixture(scope="module")
def cluster(gateway: Gateway) -> Iterator[str]:
    """A cluster whose scheduler is said to run and to have asked for two workers."""
    name: str = gateway.new_cluster(USER, worker_cores=2).json()["name"]
    [scheduler] = gateway.seen("pods", name, "dask-scheduler")
    gateway.let_run(scheduler)
    gateway.scale(name, 2)
    gateway.seen("pods", name, "dask-worker", count=2)
    yield name
    gateway.stop(name, USER)


@pytest.fixture(scope="module")
def pods(gateway: Gateway, cluster: str) -> list[Object]:
    """Its scheduler and two workers. The namespace admits what meets the level ``restricted`` only."""
    return [*gateway.seen("pods", cluster, "dask-scheduler"), *gateway.seen("pods", cluster, "dask-worker", count=2)]


def test_scheduler_and_workers_come_after_every_other_pod(pods: list[Object]) -> None:
    assert [pod["spec"]["priority"] for pod in pods] == [-5, -10, -10]
    assert {pod["spec"]["preemptionPolicy"] for pod in pods} == {"Never"}


def test_they_have_no_rights_on_their_node_nor_in_the_cluster(pods: list[Object]) -> None:
    for pod in pods:
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert [volume["name"] for volume in pod["spec"]["volumes"]] == ["dask-credentials"]
        [container] = pod["spec"]["containers"]
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_a_scheduler_is_ready_within_a_second_of_its_start_and_may_be_busy_for_a_while(pods: list[Object]) -> None:
    probe = pods[0]["spec"]["containers"][0]["readinessProbe"]
    assert probe["httpGet"]["path"] == "/api/health"
    assert (probe["periodSeconds"], probe["failureThreshold"]) == (1, 15)


def test_they_run_the_notebooks_image_and_a_worker_is_of_the_size_asked_for(
    gateway: Gateway, pods: list[Object]
) -> None:
    for pod in pods:
        assert pod["spec"]["containers"][0]["image"] == str(gateway.rendered.tenancy.notebook.image)
    assert [pod["spec"]["containers"][0]["resources"]["limits"] for pod in pods[1:]] == [
        {"cpu": "2", "memory": str(2 * 1024**3)}
    ] * 2


def test_their_labels_are_those_that_the_network_policies_select(gateway: Gateway, pods: list[Object]) -> None:
    policies = gateway.rendered.kinds("NetworkPolicy").values()
    for pod in pods:
        labels = pod["metadata"]["labels"].items()
        selected_by = [
            each["metadata"]["name"]
            for each in policies
            if each["spec"]["podSelector"]["matchLabels"].items() <= labels
        ]
        assert selected_by == [f"gateway-test-{labels_component(pod)}"]


def labels_component(pod: Object) -> str:
    return str(pod["metadata"]["labels"]["app.kubernetes.io/component"])


def test_the_routes_to_a_cluster_are_made(gateway: Gateway, cluster: str) -> None:
    assert len(gateway.seen("ingressroutes.traefik.io", cluster)) == 1
    assert len(gateway.seen("ingressroutetcps.traefik.io", cluster)) == 1
    assert len(gateway.seen("services", cluster)) == 1


def test_a_cluster_that_is_stopped_takes_all_of_it_away(gateway: Gateway) -> None:
    name = gateway.new_cluster("bob").json()["name"]
    gateway.seen("pods", name)
    gateway.stop(name, "bob")
    gateway.seen("pods", name, count=0)
    gateway.seen("secrets", name, count=0)


def test_what_is_beyond_the_total_of_all_users_is_not_admitted(gateway: Gateway, pods: list[Object]) -> None:
    def refusal(pod: str, **spec: Any) -> str:
        try:
            stdin = as_pod(pods[1], pod, **spec)
            create = ("create", "--namespace", gateway.namespace, "--dry-run=server", "--filename=-")
            gateway.server.kubectl(*create, stdin=stdin)
        except AssertionError as refused:
            return str(refused)
        return ""

    with gateway.taken():
        # The API server learns of the note a moment later.
        refused = until(lambda: refusal("one-too-many", priorityClassName="gateway-test-dask-worker"), bool)
        assert "exceeded quota: gateway-test-dask, requested: requests.cpu=" in refused
        assert refusal("a-notebook") == ""


def as_pod(like: Object, name: str, **spec: Any) -> str:
    """A pod with another's containers, which mount nothing but the cluster's credentials."""
    same = {key: like["spec"][key] for key in ("containers", "securityContext")}
    volumes = [{"name": "dask-credentials", "emptyDir": {}}]
    pod = {"metadata": {"name": name}, "spec": {**same, "volumes": volumes, **spec}}
    return json.dumps({"apiVersion": "v1", "kind": "Pod", **pod})
