"""The pods that the real controller creates, with the permissions of the chart."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from components.chart.dask_access import gateway_object
from components.cli.images.command import VERSION_LABEL
from components.cli.images.trial_pod import trial_pod
from tests.engine.charts.renders import Object
from tests.engine.gateway.gateway_processes import Gateway
from tests.support.waiting import LIMIT_SECONDS, wait_for

pytestmark = pytest.mark.engine

USER = "alice"


@pytest.fixture(scope="module")
def cluster(gateway: Gateway) -> Iterator[str]:
    """A cluster whose scheduler is marked as running and has requested two workers."""
    name: str = gateway.new_cluster(USER, worker_cores=2).json()["name"]
    [scheduler] = gateway.wait_for_objects("pods", name, "dask-scheduler")
    gateway.mark_running(scheduler)
    gateway.scale(name, 2)
    gateway.wait_for_objects("pods", name, "dask-worker", count=2)
    yield name
    gateway.stop(name, USER)


@pytest.fixture(scope="module")
def pods(gateway: Gateway, cluster: str) -> list[Object]:
    """The scheduler and two workers. The namespace admits only pods that meet the level ``restricted``."""
    return [
        *gateway.wait_for_objects("pods", cluster, "dask-scheduler"),
        *gateway.wait_for_objects("pods", cluster, "dask-worker", count=2),
    ]


def test_scheduler_and_workers_have_low_priority(pods: list[Object]) -> None:
    assert [pod["spec"]["priority"] for pod in pods] == [-5, -10, -10]
    assert {pod["spec"]["preemptionPolicy"] for pod in pods} == {"Never"}


def test_dask_pods_have_no_permissions(pods: list[Object]) -> None:
    for pod in pods:
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert [volume["name"] for volume in pod["spec"]["volumes"]] == ["dask-credentials"]
        [container] = pod["spec"]["containers"]
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_dask_pods_keep_the_entry_point_of_the_image(pods: list[Object]) -> None:
    for pod, program in zip(pods, ("dask-scheduler", "dask-worker", "dask-worker"), strict=True):
        [container] = pod["spec"]["containers"]
        assert "command" not in container
        assert container["args"][0] == program


def test_the_trial_of_an_image_is_admitted_and_finds_the_gateways_version(gateway: Gateway) -> None:
    tenancy = gateway.rendered.tenancy
    pod = trial_pod(tenancy, str(tenancy.notebook.image), "image-trial-0")

    gateway.server.kubectl("create", "--dry-run=server", "--filename=-", stdin=json.dumps(pod))

    labels = gateway.rendered.objects["Deployment", gateway_object(tenancy, "api")]["metadata"]["labels"]
    assert labels[VERSION_LABEL] == requests.get(f"{gateway.url}/api/version", timeout=LIMIT_SECONDS).json()["version"]


def test_scheduler_is_probed_every_second(pods: list[Object]) -> None:
    probe = pods[0]["spec"]["containers"][0]["readinessProbe"]
    assert probe["httpGet"]["path"] == "/api/health"
    assert (probe["periodSeconds"], probe["failureThreshold"]) == (1, 15)


def test_dask_pods_have_the_notebook_image_and_requested_size(gateway: Gateway, pods: list[Object]) -> None:
    for pod in pods:
        notebook_image = str(gateway.rendered.tenancy.notebook.image)
        assert pod["spec"]["containers"][0]["image"] == f"mirror.example.org/cache/{notebook_image}"
        assert pod["spec"]["imagePullSecrets"] == [{"name": "registry-login"}]
    scheduler, *workers = (pod["spec"]["containers"][0]["resources"] for pod in pods)
    # The tenancy's scheduler has half a core and 1.5 GB, and no CPU request of its own.
    size = {"cpu": "500m", "memory": str(3 * 1024**3 // 2)}
    assert scheduler == with_storage(size, "10Gi")
    size = {"cpu": "2", "memory": str(2 * 1024**3)}
    assert workers == [with_storage(size, "20Gi")] * 2


def with_storage(size: dict[str, str], limit: str) -> Object:
    """Return the resources of a container whose temporary storage is limited, and nothing of it reserved."""
    return {"requests": {**size, "ephemeral-storage": "0"}, "limits": {**size, "ephemeral-storage": limit}}


def test_workers_know_how_much_they_may_move_out_of_memory(pods: list[Object]) -> None:
    [variable] = [
        each
        for each in pods[1]["spec"]["containers"][0]["env"]
        if each["name"] == "DASK_DISTRIBUTED__WORKER__MEMORY__MAX_SPILL"
    ]
    assert variable["value"] == "16384MiB"


def test_network_policies_select_dask_pods(gateway: Gateway, pods: list[Object]) -> None:
    policies = gateway.rendered.kinds("NetworkPolicy").values()
    for pod in pods:
        labels = pod["metadata"]["labels"].items()
        selected_by = [
            each["metadata"]["name"]
            for each in policies
            if each["spec"]["podSelector"]["matchLabels"].items() <= labels
        ]
        assert selected_by == [f"gateway-test-{component_of(pod)}"]


def component_of(pod: Object) -> str:
    return str(pod["metadata"]["labels"]["app.kubernetes.io/component"])


def test_cluster_has_routes(gateway: Gateway, cluster: str) -> None:
    assert len(gateway.wait_for_objects("ingressroutes.traefik.io", cluster)) == 1
    assert len(gateway.wait_for_objects("ingressroutetcps.traefik.io", cluster)) == 1
    assert len(gateway.wait_for_objects("services", cluster)) == 1


def test_stopped_cluster_leaves_no_objects(gateway: Gateway) -> None:
    name = gateway.new_cluster("bob").json()["name"]
    gateway.wait_for_objects("pods", name)
    gateway.stop(name, "bob")
    gateway.wait_for_objects("pods", name, count=0)
    gateway.wait_for_objects("secrets", name, count=0)


def test_pods_beyond_the_quota_are_refused(gateway: Gateway, pods: list[Object]) -> None:
    def refusal(pod: str, **spec: Any) -> str:
        try:
            stdin = as_pod(pods[1], pod, **spec)
            create = ("create", "--namespace", gateway.namespace, "--dry-run=server", "--filename=-")
            gateway.server.kubectl(*create, stdin=stdin)
        except AssertionError as refused:
            return str(refused)
        return ""

    with gateway.quota_used():
        # The API server reads the changed quota with a short delay.
        refused = wait_for(lambda: refusal("beyond-quota", priorityClassName="gateway-test-dask-worker"), bool)
        assert "exceeded quota: gateway-test-dask, requested: requests.cpu=" in refused
        assert refusal("a-notebook") == ""


def as_pod(like: Object, name: str, **spec: Any) -> str:
    """Return a pod with the containers of another one, which mount only the cluster's credentials."""
    same = {key: like["spec"][key] for key in ("containers", "securityContext")}
    volumes = [{"name": "dask-credentials", "emptyDir": {}}]
    pod = {"metadata": {"name": name}, "spec": {**same, "volumes": volumes, **spec}}
    return json.dumps({"apiVersion": "v1", "kind": "Pod", **pod})
