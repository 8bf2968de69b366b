"""Whether a Deployment, StatefulSet, DaemonSet or pod of the release runs in its current version. Pure.

The rules are those of ``kubectl rollout status``, and of Helm for the pods of a DaemonSet that may be missing.
"""

import math

from components.readiness.objects import (
    Object,
    annotation,
    field,
    is_owned_by,
    is_placeholder,
    items,
    name,
    number,
    uid,
)

REVISION = "deployment.kubernetes.io/revision"
"""Annotation of a Deployment, and of the ReplicaSet of its current version."""


def title(found: Object) -> str:
    """Return kind and name for messages."""
    return f"{str(found.get('kind') or 'object').removesuffix('List').lower()} {name(found)}"


def missing(workload: Object) -> str | None:
    """Return a description of the pods that a workload lacks; None if it is ready."""
    if workload.get("kind") == "Pod":
        return None if is_pod_ready(workload) or is_pod_done(workload) else "is not ready"
    if is_placeholder(workload):
        return None
    if number(workload, "status", "observedGeneration") < number(workload, "metadata", "generation"):
        return "its controller has not seen it yet"
    match workload.get("kind"):
        case "Deployment":
            return None if field(workload, "spec", "paused") else _missing_of_deployment(workload)
        case "StatefulSet":
            return None if _updates_by_hand(workload) else _missing_of_stateful_set(workload)
        case "DaemonSet":
            return None if _updates_by_hand(workload) else _missing_of_daemon_set(workload)
    return None


def lacks_pods(workload: Object) -> bool:
    """Return whether a pod of the workload is not ready, even if the workload counts as ready without it."""
    if workload.get("kind") == "DaemonSet":
        wanted = number(workload, "status", "desiredNumberScheduled")
        return number(workload, "status", "numberReady") < wanted or missing(workload) is not None
    return missing(workload) is not None


def current_pods(workload: Object, replica_sets: list[Object], pods: list[Object]) -> list[Object]:
    """Return the pods of a workload's current version, without those that are being deleted."""
    if workload.get("kind") == "Pod":
        return [workload]
    owners = {uid(workload)}
    if workload.get("kind") == "Deployment":
        revision = annotation(workload, REVISION)
        owners = {
            uid(each)
            for each in replica_sets
            if is_owned_by(each, [uid(workload)]) and annotation(each, REVISION) == revision
        }
    return [each for each in pods if is_owned_by(each, owners) and not field(each, "metadata", "deletionTimestamp")]


def is_pod_ready(pod: Object) -> bool:
    """Return whether all containers of a pod are ready."""
    return any(
        each.get("type") == "Ready" and each.get("status") == "True" for each in items(pod, "status", "conditions")
    )


def is_pod_done(pod: Object) -> bool:
    """Return whether a pod has ended with success."""
    return bool(field(pod, "status", "phase") == "Succeeded")


def _missing_of_deployment(workload: Object) -> str | None:
    wanted = number(workload, "spec", "replicas", default=1)
    updated = number(workload, "status", "updatedReplicas")
    if updated < wanted:
        return f"{updated} of {wanted} pods have the new version"
    if number(workload, "status", "replicas") > updated:
        return "pods of the previous version are still running"
    available = number(workload, "status", "availableReplicas")
    return None if available >= wanted else f"{available} of {wanted} pods are ready"


def _missing_of_stateful_set(workload: Object) -> str | None:
    wanted = number(workload, "spec", "replicas", default=1)
    updated = number(workload, "status", "updatedReplicas")
    expected = wanted - number(workload, "spec", "updateStrategy", "rollingUpdate", "partition")
    if updated < expected:
        return f"{updated} of {expected} pods have the new version"
    ready = number(workload, "status", "readyReplicas")
    return None if ready >= wanted else f"{ready} of {wanted} pods are ready"


def _missing_of_daemon_set(workload: Object) -> str | None:
    wanted = number(workload, "status", "desiredNumberScheduled")
    updated = number(workload, "status", "updatedNumberScheduled")
    if updated < wanted:
        return f"{updated} of {wanted} pods have the new version"
    needed = wanted - _may_be_missing(
        field(workload, "spec", "updateStrategy", "rollingUpdate", "maxUnavailable"), wanted
    )
    ready = number(workload, "status", "numberReady")
    return None if ready >= needed else f"{ready} of {wanted} pods are ready"


def _may_be_missing(most: object, wanted: int) -> int:
    """Return a ``maxUnavailable``, a number or a percentage, as a number of pods; Kubernetes' default is 1."""
    if most is None:
        return 1
    text = str(most)
    return math.ceil(int(text.removesuffix("%")) * wanted / 100) if text.endswith("%") else int(text)


def _updates_by_hand(workload: Object) -> bool:
    return bool(field(workload, "spec", "updateStrategy", "type") == "OnDelete")
