"""A kubelet's part in a cluster without nodes: it reports states of scheduled pods, as recorded from a real kubelet."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from components.cluster.client import DirectApi
from components.cluster.errors import CannotAsk
from components.cluster.kubeconfig import Kubeconfig
from tests.support.api_server import ApiServer

POLL_SECONDS = 0.3
CREATED = 201
IMAGE = "quay.io/pangeo/hub:1"
"""The image of a pod that becomes ready."""

MISSING_IMAGE = "quay.io/pangeo/nowhere:1"
CRASHING_IMAGE = "quay.io/pangeo/crashes:1"
SLOW_IMAGE = "quay.io/pangeo/large:1"

_NOT_FOUND = (
    f'rpc error: code = NotFound desc = failed to pull and unpack image "{MISSING_IMAGE}": failed to resolve reference '
    f'"{MISSING_IMAGE}": {MISSING_IMAGE}: not found'
)

Status = dict[str, Any]


def ready_state(_pod: Any) -> Status:
    return {"phase": "Running", "ready": True, "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}


def _not_pulled(_pod: Any) -> Status:
    waiting = {"reason": "ErrImagePull", "message": _NOT_FOUND}
    return {"phase": "Pending", "ready": False, "state": {"waiting": waiting}}


def _pulling(_pod: Any) -> Status:
    return {"phase": "Pending", "ready": False, "state": {"waiting": {"reason": "ContainerCreating"}}}


def _crashed(_pod: Any) -> Status:
    waiting = {"reason": "CrashLoopBackOff", "message": "back-off 1m20s restarting failed container"}
    last = {"exitCode": 1, "reason": "Error", "message": "the database is locked\n\x1b[31mgive up"}
    return {
        "phase": "Running",
        "ready": False,
        "state": {"waiting": waiting},
        "lastState": {"terminated": last},
        "restartCount": 4,
    }


STATES: dict[str, Callable[[Any], Status]] = {
    IMAGE: ready_state,
    MISSING_IMAGE: _not_pulled,
    CRASHING_IMAGE: _crashed,
    SLOW_IMAGE: _pulling,
}
EVENTS = {
    MISSING_IMAGE: ("Failed", f'Failed to pull image "{MISSING_IMAGE}": {_NOT_FOUND}'),
    SLOW_IMAGE: ("Pulling", f'Pulling image "{SLOW_IMAGE}"'),
}


class Kubelet:
    """Reports the state of every pod that was given to a node, by its image."""

    def __init__(self, api: DirectApi) -> None:
        self._api = api
        self._reported: dict[str, str] = {}
        self.states = dict(STATES)
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(POLL_SECONDS):
            with suppress(CannotAsk):
                for pod in self._api.get("/api/v1/pods").get("items") or []:
                    self._report(pod)

    def _report(self, pod: Any) -> None:
        image, metadata = pod["spec"]["containers"][0]["image"], pod["metadata"]
        if not pod["spec"].get("nodeName"):
            return
        path = f"/api/v1/namespaces/{metadata['namespace']}"
        if metadata.get("deletionTimestamp"):
            body = {"gracePeriodSeconds": 0, "kind": "DeleteOptions", "apiVersion": "v1"}
            self._send("DELETE", f"{path}/pods/{metadata['name']}", body)
            return
        status = self.states[image](pod)
        if self._reported.get(metadata["uid"]) == json.dumps(status):
            return
        self._send("PATCH", f"{path}/pods/{metadata['name']}/status", {"status": _status(pod, status)})
        if image in EVENTS:
            reason, message = EVENTS[image]
            self._send("POST", f"{path}/events", _event(metadata, reason, message))
        self._reported[metadata["uid"]] = json.dumps(status)

    def _send(self, method: str, path: str, body: Any) -> None:
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        self._api.request(method, path, {"Content-Type": kind}, json.dumps(body).encode())


def _status(pod: Any, state: Status) -> Status:
    phase = state.pop("phase", "Pending")
    container = pod["spec"]["containers"][0]
    ready = "True" if state["ready"] else "False"
    kept = [each for each in pod["status"].get("conditions", []) if each["type"] == "PodScheduled"]
    return {
        "phase": phase,
        "conditions": [*kept, *({"type": name, "status": ready} for name in ("Ready", "ContainersReady"))],
        "containerStatuses": [
            {"name": container["name"], "image": container["image"], "imageID": "", "restartCount": 0, **state}
        ],
    }


def _event(metadata: Any, reason: str, message: str) -> Status:
    about = {"kind": "Pod", "apiVersion": "v1", **{key: metadata[key] for key in ("name", "namespace", "uid")}}
    return {
        "kind": "Event",
        "apiVersion": "v1",
        "metadata": {"generateName": f"{metadata['name']}.", "namespace": metadata["namespace"]},
        "involvedObject": about,
        "reason": reason,
        "message": message,
        "type": "Normal",
        "firstTimestamp": "2026-01-01T00:00:00Z",
        "lastTimestamp": "2026-01-01T00:00:00Z",
        "count": 1,
        "source": {"component": "kubelet"},
    }


def add_node(server: ApiServer, name: str, cpus: int = 4, memory: str = "8Gi") -> None:
    """Add a node that runs nothing."""
    capacity = {"cpu": str(cpus), "memory": memory, "pods": "110"}
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady"}
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}
    server.kubectl("create", "--filename", "-", stdin=json.dumps(node))
    status = {"status": {"capacity": capacity, "allocatable": capacity, "conditions": [ready]}}
    server.kubectl("patch", "node", name, "--subresource=status", "--type=merge", "--patch", json.dumps(status))
    # The API server adds a taint to every new node, which a controller would remove.
    server.kubectl("patch", "node", name, "--type=merge", "--patch", '{"spec": {"taints": null}}')


@contextmanager
def running_kubelet(server: ApiServer) -> Iterator[Kubelet]:
    """Provide a kubelet that runs in a thread."""
    with ExitStack() as stack:
        access = Kubeconfig(None, server.kubeconfig, None)
        api = DirectApi(access.access(), access.name, 10.0)
        stack.callback(api.close)
        kubelet = Kubelet(api)
        thread = threading.Thread(target=kubelet.run)
        thread.start()
        stack.callback(thread.join)
        stack.callback(kubelet.stopped.set)
        yield kubelet
