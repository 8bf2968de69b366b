"""The check of ``doctor`` and ``status`` for pods that a node has evicted. Kubernetes keeps events for an hour."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from components.cli.diagnose.result import CheckResult, warning
from components.cluster.client import Api
from components.cluster.errors import CannotAsk
from components.escape import escape_control_characters
from components.in_hub.server_ends import EVICTED, LOW_ON, OWN_STORAGE

SUBJECT = "evicted pods"

MOST = 5
"""Number of pods that are named, the latest first."""

_NODE_FIXES = {
    "memory": "kubectl describe node: pods without limits, or programs outside of pods, use its memory; add nodes",
    "pids": "kubectl describe node: limit the processes of each pod with podPidsLimit of the kubelet",
}
"""Fixes by the resource of which the node had too little; all others are its disk."""

_DISK_FIX = (
    "kubectl describe node: free its disk, or add nodes; set diskGb of pangeo:workers, so that storage is reserved for "
    "each pod"
)

_OWN_STORAGE_FIXES = {
    "jupyter-": "write large files to the home instead of /tmp, or raise pangeo:notebook.temporaryStorageGb",
    "dask-scheduler-": "raise pangeo:dask.schedulerTemporaryStorageGb",
    "dask-worker-": "raise pangeo:dask.workerTemporaryStorageGb, or use more workers with less data each",
}
"""Fixes for pods above their own limit, by the beginning of their names."""

_OTHER_POD_FIX = (
    "the stack file has no setting for the limit of this pod, and Kubernetes starts it again; if that happens often, "
    "report it with the output of kubectl describe pod"
)


def check_evictions(api: Api, namespace: str) -> Iterator[CheckResult]:
    """Yield a warning for each pod that was evicted; nothing if the cluster does not show its events."""
    selector = quote(f"reason={EVICTED}")
    try:
        events = api.get(f"/api/v1/namespaces/{quote(namespace)}/events?fieldSelector={selector}").get("items") or ()
    except CannotAsk:
        return
    latest: dict[str, Mapping[str, Any]] = {}
    for event in sorted(events, key=_time):
        latest[str((event.get("involvedObject") or {}).get("name"))] = event
    for pod, event in sorted(latest.items(), key=lambda each: _time(each[1]), reverse=True)[:MOST]:
        message = escape_control_characters(" ".join(str(event.get("message") or "").split()))
        name = escape_control_characters(pod)
        yield warning(SUBJECT, f"{name} was evicted at {_time(event)}: {message}", _fix(name, message))


def _fix(pod: str, message: str) -> str:
    if any(part in message for part in OWN_STORAGE):
        return next((fix for start, fix in _OWN_STORAGE_FIXES.items() if pod.startswith(start)), _OTHER_POD_FIX)
    resource = message.partition(LOW_ON)[2].partition(".")[0].strip()
    return _NODE_FIXES.get(resource, _DISK_FIX)


def _time(event: Mapping[str, Any]) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or "")
