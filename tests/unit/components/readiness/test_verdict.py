"""The verdict about a release: ready, waiting, or waiting cannot help."""

from typing import Any

import pytest

from components.readiness.finding import Finding, printable
from components.readiness.objects import PLACEHOLDERS
from components.readiness.verdict import Snapshot, judge
from components.readiness.workloads import missing
from tests.support.cluster_objects import (
    Object,
    claim,
    daemon_set,
    deployment,
    event,
    node,
    pod,
    replica_set,
    storage_class,
    waiting,
)

IMAGE = "quay.io/pangeo/hub:1"
HUB = deployment(availableReplicas=0)
VERSION = replica_set(HUB)
NOT_FOUND = f'failed to pull and unpack image "{IMAGE}": failed to resolve reference "{IMAGE}": {IMAGE}: not found'


def findings(*pods: Object, events: list[Object] | None = None, **more: Any) -> tuple[Finding, ...]:
    """Return what a hub with these pods waits for."""
    about = {pods[0]["metadata"]["uid"]: events or []} if pods else {}
    return judge(Snapshot([HUB], [VERSION], list(pods), events=about, **more)).missing


def finding(*pods: Object, **more: Any) -> Finding:
    (found,) = findings(*pods, **more)
    return found


def test_release_without_workloads_is_ready() -> None:
    assert judge(Snapshot([])).is_ready


def test_deployment_with_all_pods_available_is_ready() -> None:
    assert judge(Snapshot([deployment(availableReplicas=1)])).is_ready


@pytest.mark.parametrize(
    ("workload", "message"),
    [
        (deployment(observedGeneration=1, availableReplicas=1), "its controller has not seen it yet"),
        (deployment(updatedReplicas=0, availableReplicas=1), "0 of 1 pods have the new version"),
        (deployment(replicas=1, availableReplicas=0), "0 of 1 pods are ready"),
        (
            {**deployment(), "status": {"observedGeneration": 2, "replicas": 2, "updatedReplicas": 1}},
            "pods of the previous version are still running",
        ),
    ],
)
def test_deployment_of_another_generation_or_without_pods_is_not_ready(workload: Object, message: str) -> None:
    (found,) = judge(Snapshot([workload])).missing
    assert found == Finding("deployment hub", message)


@pytest.mark.parametrize(
    ("most_missing", "ready"), [(None, False), (1, False), (2, True), ("100%", True), ("30%", False)]
)
def test_daemon_set_may_lack_as_many_pods_as_it_says(most_missing: object, ready: bool) -> None:
    puller = daemon_set(most_missing=most_missing, desiredNumberScheduled=3, updatedNumberScheduled=3, numberReady=1)
    assert judge(Snapshot([puller])).is_ready is ready


def test_pods_of_an_older_version_and_of_others_are_ignored() -> None:
    old = pod(replica_set(HUB, "1"), waiting("InvalidImageName"))
    notebook = pod({"metadata": {"name": "jupyter-alice", "uid": "other"}}, waiting("InvalidImageName"))
    found = finding(old, notebook)
    assert (found.subject, found.fix) == ("deployment hub", None)


def test_image_that_is_being_pulled_is_named() -> None:
    pulling = [event("Pulling", f'Pulling image "{IMAGE}"')]
    found = finding(pod(VERSION, waiting("ContainerCreating")), events=pulling)
    assert str(found) == f'pod hub-2-x: an image is being pulled: Pulling image "{IMAGE}"'


def test_missing_image_ends_the_wait() -> None:
    found = finding(pod(VERSION, waiting("ErrImagePull", NOT_FOUND)))
    assert "image quay.io/pangeo/hub:1 cannot be pulled (ErrImagePull): failed to pull" in found.message
    assert "the registry has no such image" in (found.fix or "")
    assert found.confirm_seconds > 0


def test_cause_before_a_back_off_is_read_from_the_event() -> None:
    failed = [event("Failed", f'Failed to pull image "{IMAGE}": {NOT_FOUND}'), event("Failed", "Error: ErrImagePull")]
    found = finding(pod(VERSION, waiting("ImagePullBackOff", f'Back-off pulling image "{IMAGE}"')), events=failed)
    assert found.fix is not None
    assert "not found" in found.message


def test_outage_of_a_registry_is_worth_waiting_for() -> None:
    outage = "dial tcp: lookup quay.io on 10.0.0.10:53: no such host"
    found = finding(pod(VERSION, waiting("ErrImagePull", outage)))
    assert "no such host" in found.message
    assert found.fix is None


def test_image_without_a_valid_name_ends_the_wait_at_once() -> None:
    found = finding(pod(VERSION, waiting("InvalidImageName", "couldn't parse image name"), image="quay.io/Hub:1"))
    assert found.fix is not None
    assert found.confirm_seconds == 0


def test_missing_secret_ends_the_wait() -> None:
    found = finding(pod(VERSION, waiting("CreateContainerConfigError", 'secret "hub" not found')))
    assert 'CreateContainerConfigError: secret "hub" not found' in found.message
    assert found.fix is not None


CRASH = {"exitCode": 1, "reason": "Error", "message": "no\x1b[31m database\n" + "x" * 1000}


def test_container_that_crashes_again_and_again_ends_the_wait() -> None:
    found = finding(pod(VERSION, waiting("CrashLoopBackOff", restarts=4, last=CRASH)))
    assert "has crashed 4 times (Error, exit code 1: no\\x1b[31m database xxx" in found.message
    assert "kubectl logs --namespace vis hub-2-x --container main --previous" in (found.fix or "")
    assert len(found.message) < 700


def test_first_crashes_are_worth_waiting_for() -> None:
    assert finding(pod(VERSION, waiting("CrashLoopBackOff", restarts=3, last=CRASH))).fix is None


def test_crash_is_not_final_while_another_pod_starts() -> None:
    proxy = deployment("proxy", availableReplicas=0)
    proxy_version = replica_set(proxy)
    pods = [
        pod(VERSION, waiting("CrashLoopBackOff", restarts=9, last=CRASH)),
        pod(proxy_version, waiting("ContainerCreating")),
    ]
    found = judge(Snapshot([HUB, proxy], [VERSION, proxy_version], pods)).missing
    assert [each.fix for each in found] == [None, None]


BUSY = "0/1 nodes are available: 1 Insufficient cpu."


def unscheduled(**more: Any) -> Object:
    return pod(VERSION, node=None, unschedulable=BUSY, **more)


def test_busy_nodes_are_worth_waiting_for() -> None:
    found = finding(unscheduled(requests={"cpu": "3"}), nodes=[node(cpus="4")])
    assert str(found) == f"pod hub-2-x: FailedScheduling: {BUSY}"
    assert found.fix is None


def test_pod_that_is_too_large_for_every_node_ends_the_wait() -> None:
    found = finding(unscheduled(requests={"cpu": "64", "memory": "1Gi"}), nodes=[node(), node(cpus="8")])
    assert "2 of 2 nodes are too small: it requests 64 cpu, and the largest node has 8 cpu" in (found.fix or "")


@pytest.mark.parametrize(
    ("nodes", "spec", "fits"),
    [
        ([node(pool="core")], {"nodeSelector": {"pool": "core"}}, True),
        ([node(pool="user")], {"nodeSelector": {"pool": "core"}}, False),
        ([node("4", "8Gi", {"key": "gpu", "value": "yes", "effect": "NoSchedule"})], {}, False),
        (
            [node("4", "8Gi", {"key": "gpu", "value": "yes", "effect": "NoSchedule"})],
            {"tolerations": [{"key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule"}]},
            True,
        ),
        ([node("4", "8Gi", {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"})], {}, True),
        ([node("4", "8Gi", {"key": "spot", "effect": "PreferNoSchedule"})], {}, True),
        ([], {}, True),
    ],
)
def test_labels_and_taints_are_compared_as_by_the_scheduler(nodes: list[Object], spec: Object, fits: bool) -> None:
    assert (finding(unscheduled(**spec), nodes=nodes).fix is None) is fits


@pytest.mark.parametrize(
    ("operator", "fits"), [("In", True), ("NotIn", False), ("Exists", True), ("DoesNotExist", False)]
)
def test_required_affinity_is_compared_as_by_the_scheduler(operator: str, fits: bool) -> None:
    expression = {"key": "pool", "operator": operator, "values": ["core"]}
    required = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    assert (finding(unscheduled(affinity=affinity), nodes=[node(pool="core")]).fix is None) is fits


def test_node_that_an_autoscaler_adds_is_worth_waiting_for() -> None:
    added = [event("TriggeredScaleUp", "pod triggered scale-up: [{pool 1->2 (max: 5)}]")]
    found = finding(unscheduled(requests={"cpu": "64"}), events=added, nodes=[node()])
    assert "a node is being added for it: pod triggered scale-up" in found.message
    assert found.fix is None


def claim_finding(the_claim: Object, *events: Object, classes: list[Object]) -> list[Finding]:
    """Return the findings about a claim of a pod that waits for it."""
    waits = unscheduled(claims=["hub-db-dir"])
    about = {the_claim["metadata"]["uid"]: list(events)}
    found = judge(Snapshot([HUB], [VERSION], [waits], claims=[the_claim], events=about, classes=classes)).missing
    return [each for each in found if each.subject.startswith("claim")]


def test_claim_of_a_missing_storage_class_ends_the_wait() -> None:
    failed = event("ProvisioningFailed", 'storageclass.storage.k8s.io "fast" not found')
    (found,) = claim_finding(claim(), failed, classes=[storage_class("slow")])
    assert str(found) == 'claim hub-db-dir: is Pending: storageclass.storage.k8s.io "fast" not found'
    assert "the cluster has no storage class fast; create it, or set pangeo:storage.className" in (found.fix or "")
    assert "slow" in (found.fix or "")


def test_claim_without_a_default_class_ends_the_wait() -> None:
    failed = event("FailedBinding", "no persistent volumes available for this claim and no storage class is set")
    (found,) = claim_finding(claim(class_name=None), failed, classes=[storage_class("slow")])
    assert "the cluster has no default storage class" in (found.fix or "")


def test_busy_provisioner_is_worth_waiting_for() -> None:
    failed = event("ProvisioningFailed", "quota exceeded for volumes, retrying")
    (found,) = claim_finding(claim(), failed, classes=[storage_class("fast")])
    assert "quota exceeded" in found.message
    assert found.fix is None


def test_claim_that_waits_for_its_pod_is_no_finding() -> None:
    waits = event("WaitForFirstConsumer", "waiting for first consumer to be created before binding")
    assert claim_finding(claim(), waits, classes=[storage_class("fast")]) == []


def test_pods_that_pod_security_refuses_end_the_wait() -> None:
    message = 'pods "hub-x" is forbidden: violates PodSecurity "baseline:latest": privileged'
    condition = {"type": "ReplicaFailure", "status": "True", "message": message}
    refused = {**HUB, "status": {**HUB["status"], "updatedReplicas": 0, "conditions": [condition]}}
    (found,) = judge(Snapshot([refused])).missing
    assert message in found.message
    assert found.fix is not None


def test_pods_over_a_quota_are_worth_waiting_for() -> None:
    message = 'pods "hub-x" is forbidden: exceeded quota: core'
    (found,) = judge(Snapshot([HUB], [VERSION], events={"uid-hub-2": [event("FailedCreate", message)]})).missing
    assert message in found.message
    assert found.fix is None


def test_failed_pull_of_a_notebook_image_is_told_apart_from_the_hub() -> None:
    puller = daemon_set(most_missing="100%", desiredNumberScheduled=1, updatedNumberScheduled=1, numberReady=0)
    verdict = judge(Snapshot([puller], pods=[pod(puller, waiting("ErrImagePull", NOT_FOUND))]))
    assert verdict.is_ready
    assert [each.subject for each in verdict.notebooks] == ["pod puller-x"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\n\tb", "a b"),
        ("\x1b[2J", "\\x1b[2J"),
        ('Get "https://me:sesame@cdn.example/blob?X-Signature=sesame": EOF', 'Get "https://…@cdn.example/blob?…": EOF'),
        (None, ""),
    ],
)
def test_texts_of_the_cluster_are_shown_in_one_line_without_secrets(text: str | None, shown: str) -> None:
    assert printable(text) == shown


def test_a_hub_does_not_wait_for_placeholders() -> None:
    placeholders = deployment("user-placeholder", replicas=2, availableReplicas=0)
    assert missing(placeholders) is not None
    placeholders["metadata"]["labels"] = {"component": PLACEHOLDERS}
    assert missing(placeholders) is None
