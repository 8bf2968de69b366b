"""Trials of images in a cluster whose answers are given."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from components.chart.values import chart_values
from components.cli.images.trial_pod import (
    IGNORES_COMMAND,
    RUN_SECONDS,
    TrialFailed,
    delete_leftovers,
    trial_pod,
)
from components.cluster.errors import CannotAsk
from tests.support.tenancies import tenancy
from tests.unit.components.cli.images.trial_cluster import IMAGE, Cluster, ended

PENDING: dict[str, Any] = {"status": {"phase": "Pending"}}
RUNNING = {"status": {"phase": "Running", "containerStatuses": [{"name": "image", "state": {"running": {}}}]}}
UNSCHEDULABLE = {
    "status": {
        "phase": "Pending",
        "conditions": [{"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}],
    }
}
REFUSED = {
    "spec": {"containers": [{"name": "image", "image": IMAGE}]},
    "status": {
        "phase": "Pending",
        "containerStatuses": [
            {"name": "image", "state": {"waiting": {"reason": "ErrImagePull", "message": "401 Unauthorized"}}}
        ],
    },
}


def test_a_trial_sees_no_gpu_of_its_node() -> None:
    profile = {"name": "GPU", "gpus": 1}
    with_gpus = trial_pod(tenancy(notebook={"profiles": [profile]}), IMAGE, "trial")
    without = trial_pod(tenancy(), IMAGE, "trial")

    variable = {"name": "NVIDIA_VISIBLE_DEVICES", "value": "void"}
    assert variable in with_gpus["spec"]["containers"][0]["env"]
    assert variable not in without["spec"]["containers"][0]["env"]


def test_an_entry_point_has_no_home_as_in_a_server() -> None:
    [container] = trial_pod(tenancy(), IMAGE, "trial")["spec"]["containers"]

    assert container["env"] == [
        {"name": "HOME", "value": "/nonexistent"},
        {"name": "PANGEO_HOME", "value": "/home/jovyan"},
    ]


def test_the_text_of_the_pod_is_returned_and_the_pod_deleted() -> None:
    cluster = Cluster(PENDING, RUNNING, ended("Succeeded", "text"))

    assert cluster.run() == "text"
    (pod,) = cluster.created
    assert cluster.deleted == [f"/api/v1/namespaces/{tenancy().namespace}/pods/{pod['metadata']['name']}"]


@pytest.mark.parametrize(
    ("states", "message", "fix"),
    [
        ([PENDING, UNSCHEDULABLE], "did not start within 900 s: 0/3 nodes are available", ""),
        ([PENDING, REFUSED], f"image {IMAGE} cannot be pulled (ErrImagePull): 401 Unauthorized", "refuses a pull"),
        ([PENDING, RUNNING], IGNORES_COMMAND, ""),
        (
            [ended("Failed", "starting\nexec: python3: not found\n", reason="StartError", exitCode=128)],
            "does not run commands as user 1000 (StartError, exit code 128): exec: python3: not found",
            "",
        ),
    ],
)
def test_a_failure_names_its_cause_and_the_pod_is_deleted(states: list[Any], message: str, fix: str) -> None:
    cluster = Cluster(*states)

    with pytest.raises(TrialFailed) as failure:
        cluster.run()

    assert failure.value.message == message
    assert fix in failure.value.fix
    assert len(cluster.deleted) == 1


def test_a_program_that_goes_on_is_ended_soon() -> None:
    cluster = Cluster(PENDING, RUNNING)
    with pytest.raises(TrialFailed):
        cluster.run()
    assert cluster.now - 100 < RUN_SECONDS + 5


class LeftPods:
    """A cluster with pods of earlier runs, which were created at these times of a day."""

    server = "https://cluster.example.org"

    def __init__(self, **times: str) -> None:
        self.times = times
        self.requests: list[tuple[str, str]] = []

    def get(self, path: str, accept: str = "") -> Mapping[str, Any]:
        raise AssertionError(path)

    def send(self, method: str, path: str, body: object = None) -> tuple[int, Mapping[str, Any]]:
        self.requests.append((method, path))
        listed = self.times.items() if method == "GET" else ()
        pods = [{"metadata": {"name": name, "creationTimestamp": f"2026-01-01T{time}Z"}} for name, time in listed]
        return 200, {"items": pods}


def test_pods_of_killed_runs_are_deleted_when_no_run_can_wait_for_them() -> None:
    cluster = LeftPods(killed="11:44:59", running="11:45:01")

    delete_leftovers(cluster, tenancy(), datetime(2026, 1, 1, 12, tzinfo=UTC))

    pods = f"/api/v1/namespaces/{tenancy().namespace}/pods"
    selector = "app.kubernetes.io/managed-by%3Dpangeo-tenancy%2Capp.kubernetes.io/component%3Dimage-trial"
    assert cluster.requests == [("GET", f"{pods}?labelSelector={selector}"), ("DELETE", f"{pods}/killed")]


def test_without_a_namespace_up_is_the_fix() -> None:
    with pytest.raises(CannotAsk, match=f"there is no namespace {tenancy().namespace}; run pulumi up"):
        Cluster().run()


def test_the_pod_has_the_settings_of_dasks_pods_and_keeps_the_entry_point() -> None:
    given = tenancy(registries={"pullSecrets": ["registry-login"]})
    backend = chart_values(given)["dask-gateway"]["gateway"]["backend"]["scheduler"]

    pod = trial_pod(given, IMAGE, "trial")["spec"]

    (container,) = pod["containers"]
    shared = {key: value for key, value in backend["extraPodConfig"].items() if key != "priorityClassName"}
    assert {key: pod[key] for key in shared} == shared
    assert container["securityContext"] == backend["extraContainerConfig"]["securityContext"]
    assert pod["imagePullSecrets"] == [{"name": "registry-login"}]
    assert "command" not in container


def test_the_pod_may_run_on_every_pool_of_users() -> None:
    taint = {"key": "users", "value": "only", "effect": "NoSchedule"}
    size = {"count": 1, "cpus": 8, "ramGb": 32}
    pools = [
        {"name": "core", **size, "labels": {"pool": "core"}, "purposes": ["hub"]},
        {"name": "users", **size, "labels": {"pool": "users"}, "taints": [taint], "purposes": ["notebooks"]},
        {"name": "dask", **size, "labels": {"pool": "dask"}, "purposes": ["daskSchedulers", "daskWorkers"]},
    ]
    given = tenancy(workers={"pools": pools, "expectedUsers": 1})

    pod = trial_pod(given, IMAGE, "trial")["spec"]

    assert pod["tolerations"] == [{**taint, "operator": "Equal"}]
    required = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    values = [term["matchExpressions"][0]["values"] for term in required["nodeSelectorTerms"]]
    assert values == [["users"], ["dask"]]
    assert {"affinity", "tolerations"}.isdisjoint(trial_pod(tenancy(), IMAGE, "trial")["spec"])
