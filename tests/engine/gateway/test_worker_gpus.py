"""GPUs of Dask workers, in the real gateway on a real API server: who may choose them, and what pods request."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.engine.charts.renders import Object
from tests.engine.gateway.conftest import gateway_of
from tests.engine.gateway.gateway_processes import Gateway, identifier
from tests.support.api_server import ApiServer

pytestmark = pytest.mark.engine

RESOURCE = "example.com/gpu"
TAINT = {"key": "example.com/gpu", "value": "present", "effect": "NoSchedule"}
POOLS = [
    {"name": "cpu", "count": 4, "cpus": 16, "ramGb": 64, "labels": {"pool": "cpu"}},
    {"name": "gpu", "count": 3, "cpus": 16, "ramGb": 64, "labels": {"pool": "gpu"}}
    | {"gpus": 2, "gpuResource": RESOURCE, "taints": [TAINT], "purposes": ["daskWorkers"]},
]
SETTINGS = {
    "clusterName": "gateway-gpus",
    "notebook": {"prePull": False},
    "workers": {"pools": POOLS},
    "dask": {
        "workerCores": {"max": 48},
        "workerGpus": {"max": 2, "groups": ["modellers", "gpu_users"], "maxPerCluster": 3},
    },
}
NO_GPUS = {"name": "NVIDIA_VISIBLE_DEVICES", "value": "void"}


@pytest.fixture(scope="module")
def gateway(
    gateway_program: Path, api_server: ApiServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """The gateway of a tenancy whose pool ``gpu`` has six GPUs."""
    with gateway_of(gateway_program, api_server, tmp_path_factory, **SETTINGS) as running:
        yield running


@pytest.fixture
def member(gateway: Gateway, request: pytest.FixtureRequest) -> Iterator[str]:
    """A user of a group that may choose GPUs; clusters that the test starts are stopped after it."""
    yield from _user(gateway, f"{request.node.name[:30]}+modellers")


@pytest.fixture
def outsider(gateway: Gateway, request: pytest.FixtureRequest) -> Iterator[str]:
    """A user of another group."""
    yield from _user(gateway, f"{request.node.name[:30]}+others")


def _user(gateway: Gateway, name: str) -> Iterator[str]:
    yield name
    for cluster in gateway.clusters(name):
        gateway.stop(cluster, name)


def start(gateway: Gateway, user: str, **options: Any) -> tuple[str, Object, Object]:
    """Start a cluster with one worker; return its name and the pods of the scheduler and of the worker."""
    answer = gateway.new_cluster(user, **options)
    assert answer.ok, answer.text
    name: str = answer.json()["name"]
    [scheduler] = gateway.wait_for_objects("pods", name, "dask-scheduler")
    gateway.mark_running(scheduler)
    gateway.scale(name, 1)
    [worker] = gateway.wait_for_objects("pods", name, "dask-worker")
    return name, scheduler["spec"], worker["spec"]


def nodes(pod: Object) -> tuple[list[str], list[str]]:
    """Return the pools that a pod is restricted to, and the keys of the taints that it tolerates."""
    affinity = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    expressions = [each for term in affinity["nodeSelectorTerms"] for each in term["matchExpressions"]]
    # Kubernetes itself adds tolerations of nodes that do not answer.
    tolerated = [each["key"] for each in pod.get("tolerations", []) if not each["key"].startswith("node.kubernetes.io")]
    return [value for each in expressions for value in each["values"]], tolerated


def refusal(answer: requests.Response) -> str:
    assert answer.status_code == requests.codes.unprocessable_entity
    message: str = answer.json()["error"]
    return message


def offered(gateway: Gateway, user: str) -> dict[str, Any]:
    """Return the specification of each option of a user."""
    answer = gateway.ask("GET", "options", user).json()
    return {option["field"]: option for option in answer["cluster_options"]}


def max_workers(gateway: Gateway, name: str) -> int:
    words = ("get", "daskcluster", identifier(name), "--namespace", gateway.namespace, "--output=json")
    number: int = json.loads(gateway.server.kubectl(*words))["spec"]["config"]["cluster_max_workers"]
    return number


def test_member_is_offered_the_gpus_of_a_worker(gateway: Gateway, member: str) -> None:
    option = offered(gateway, member)["worker_gpus"]

    assert (option["default"], option["spec"]) == (0, {"type": "int", "min": 0, "max": 2})


def test_only_the_workers_have_gpus(gateway: Gateway, member: str) -> None:
    name, *pods = start(gateway, member, worker_gpus=2)

    scheduler, worker = (pod["containers"][0] for pod in pods)
    assert worker["resources"]["limits"][RESOURCE] == worker["resources"]["requests"][RESOURCE] == "2"
    assert set(scheduler["resources"]["limits"]) == {"cpu", "memory", "ephemeral-storage"}
    assert set(worker["resources"]["limits"]) == {"cpu", "memory", "ephemeral-storage", RESOURCE}
    assert NO_GPUS in scheduler["env"]
    variables = {each["name"]: each.get("value") for each in worker["env"]}
    assert "NVIDIA_VISIBLE_DEVICES" not in variables
    assert variables["DASK_DISTRIBUTED__WORKER__RESOURCES"] == '{"GPU": 2}'
    # Of at most 3 GPUs, a second worker would have only one.
    assert max_workers(gateway, name) == 1


def test_workers_without_gpus_see_none(gateway: Gateway, member: str) -> None:
    _, *pods = start(gateway, member)

    for container in (pod["containers"][0] for pod in pods):
        assert set(container["resources"]["limits"]) == {"cpu", "memory", "ephemeral-storage"}
        assert NO_GPUS in container["env"]


def test_larger_workers_stay_within_the_limit_of_cores(gateway: Gateway, member: str) -> None:
    name = gateway.new_cluster(member, worker_cores=8).json()["name"]

    # By default, a cluster has at most 20 workers, and 40 cores with its scheduler.
    assert max_workers(gateway, name) == 4


def test_worker_that_is_larger_than_a_cluster_is_refused(gateway: Gateway, member: str) -> None:
    answer = gateway.new_cluster(member, worker_cores=40)

    assert refusal(answer) == (
        "A worker of this size does not fit in a Dask cluster, which may have at most 40 cores and 160 GB of memory "
        "with its scheduler; choose fewer worker_cores or less worker_memory."
    )


def test_workers_with_gpus_run_on_their_nodes_and_others_do_not(gateway: Gateway, member: str) -> None:
    _, scheduler, worker = start(gateway, member, worker_gpus=1)
    _, _, other = start(gateway, member)

    assert nodes(worker) == (["gpu"], [TAINT["key"]])
    assert nodes(other) == nodes(scheduler) == (["cpu"], [])


def test_other_users_are_refused_also_with_a_request_of_their_own(gateway: Gateway, outsider: str) -> None:
    assert "worker_gpus" not in offered(gateway, outsider)
    assert refusal(gateway.new_cluster(outsider, worker_gpus=1)) == (
        "worker_gpus is only for members of one of modellers, gpu_users; leave it out, or ask your administrator to "
        "add you"
    )
    assert gateway.new_cluster(outsider, worker_gpus=0).ok


@pytest.mark.parametrize(
    ("gpus", "message"),
    [
        (3, "worker_gpus is 3; write a number of GPUs from 0 to 2"),
        (-1, "worker_gpus is -1; write a number of GPUs from 0 to 2"),
        (0.5, "worker_gpus is 0.5, not a whole number of GPUs; write worker_gpus=1"),
        ("2", "worker_gpus is '2', not a whole number of GPUs; write worker_gpus=1"),
        (True, "worker_gpus is True, not a whole number of GPUs; write worker_gpus=1"),
        (None, "worker_gpus is None, not a whole number of GPUs; write worker_gpus=1"),
    ],
)
def test_other_numbers_are_refused(gateway: Gateway, member: str, gpus: object, message: str) -> None:
    assert refusal(gateway.new_cluster(member, worker_gpus=gpus)) == message


def test_users_cannot_show_a_worker_the_gpus_of_others(gateway: Gateway, member: str) -> None:
    message = refusal(gateway.new_cluster(member, environment={"NVIDIA_VISIBLE_DEVICES": "all"}))

    assert message.startswith("environment: NVIDIA_VISIBLE_DEVICES is set by the node")


def test_cluster_beyond_the_gpus_of_all_clusters_is_refused(gateway: Gateway, member: str) -> None:
    with gateway.quota_used(**{"cpu": "0", "memory": "0", RESOURCE: "5"}):
        message = refusal(gateway.new_cluster(member, worker_gpus=2))

        assert gateway.new_cluster(member, worker_gpus=1).ok
    assert message.startswith(
        "There is not enough capacity for another Dask cluster: its scheduler and one worker need 2 GPUs, but only 1 "
        "of the 6 that all users' clusters share are free."
    )
