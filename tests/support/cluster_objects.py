"""Kubernetes objects as an API server returns them, for tests of the wait for a hub."""

from collections.abc import Mapping, Sequence
from typing import Any

Object = dict[str, Any]

NAMESPACE = "vis"
REVISION = "deployment.kubernetes.io/revision"


def deployment(name: str = "hub", *, replicas: int = 1, **status: Any) -> Object:
    """Return a Deployment of the release whose controller has seen its second generation."""
    return {
        "kind": "Deployment",
        "metadata": {"name": name, "uid": f"uid-{name}", "generation": 2, "annotations": {REVISION: "2"}},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"component": name}}},
        "status": {"observedGeneration": 2, "replicas": replicas, "updatedReplicas": replicas, **status},
    }


def replica_set(of: Object, revision: str = "2") -> Object:
    """Return the ReplicaSet of a Deployment's version."""
    name = f"{of['metadata']['name']}-{revision}"
    return {
        "metadata": {
            "name": name,
            "uid": f"uid-{name}",
            "annotations": {REVISION: revision},
            "ownerReferences": [{"kind": "Deployment", "uid": of["metadata"]["uid"]}],
        }
    }


def daemon_set(name: str = "puller", *, most_missing: object = None, **status: Any) -> Object:
    """Return a DaemonSet of the release."""
    rolling = {"maxUnavailable": most_missing} if most_missing is not None else {}
    return {
        "kind": "DaemonSet",
        "metadata": {"name": name, "uid": f"uid-{name}", "generation": 1},
        "spec": {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": rolling}},
        "status": {"observedGeneration": 1, **status},
    }


def pod(
    owner: Object,
    *containers: Object,
    image: str = "quay.io/pangeo/hub:1",
    node: str | None = "node-1",
    ready: bool = False,
    requests: Mapping[str, str] | None = None,
    claims: Sequence[str] = (),
    unschedulable: str | None = None,
    phase: str = "Pending",
    **spec: Any,
) -> Object:
    """Return a pod of an owner, with the states of its containers."""
    name = f"{owner['metadata']['name']}-x"
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    if unschedulable is not None:
        conditions.append({"type": "PodScheduled", "status": "False", "message": unschedulable})
    return {
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "uid": f"uid-{name}",
            "ownerReferences": [{"uid": owner["metadata"]["uid"]}],
        },
        "spec": {
            "containers": [{"name": "main", "image": image, "resources": {"requests": dict(requests or {})}}],
            "volumes": [{"persistentVolumeClaim": {"claimName": claim}} for claim in claims],
            **({"nodeName": node} if node else {}),
            **spec,
        },
        "status": {"phase": phase, "conditions": conditions, "containerStatuses": list(containers)},
    }


def waiting(reason: str, message: str = "", restarts: int = 0, last: Object | None = None) -> Object:
    """Return the status of a container that waits."""
    state = {"waiting": {"reason": reason, "message": message}}
    found: Object = {"name": "main", "restartCount": restarts, "state": state}
    return {**found, "lastState": {"terminated": last}} if last else found


def event(reason: str, message: str = "", at: str = "2026-01-01T00:00:00Z") -> Object:
    """Return an event."""
    return {"reason": reason, "message": message, "lastTimestamp": at}


def node(cpus: str = "4", memory: str = "8Gi", *taints: Object, **labels: str) -> Object:
    """Return a node."""
    return {
        "metadata": {"name": "node-1", "labels": labels},
        "spec": {"taints": list(taints)},
        "status": {"allocatable": {"cpu": cpus, "memory": memory}},
    }


def claim(name: str = "hub-db-dir", phase: str = "Pending", class_name: str | None = "fast") -> Object:
    """Return a volume claim."""
    return {
        "metadata": {"name": name, "uid": f"uid-{name}"},
        "spec": {"storageClassName": class_name} if class_name else {},
        "status": {"phase": phase},
    }


def storage_class(name: str) -> Object:
    """Return a storage class."""
    return {"metadata": {"name": name}}
