"""The check of ``doctor`` and ``status`` for pods that a node has evicted. Kubernetes keeps events for an hour."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from components.cli.diagnose.result import CheckResult, warning
from components.cluster.client import Api
from components.cluster.errors import CannotAsk
from components.escape import escape_control_characters
from components.in_hub.server_ends import EVICTED, OWN_STORAGE

SUBJECT = "evicted pods"

MOST = 5
"""Number of pods that are named, the latest first."""

_NODE_FIX = (
    "kubectl describe node: free its disk or memory, or add nodes; set diskGb of pangeo:workers, so that storage is "
    "reserved for each pod"
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
    if not any(part in message for part in OWN_STORAGE):
        return _NODE_FIX
    if pod.startswith("dask-"):
        key = "schedulerTemporaryStorageGb" if "scheduler" in pod else "workerTemporaryStorageGb"
        return f"raise pangeo:dask.{key}, or use more workers with less data each"
    return "write large files to the home instead of /tmp, or raise pangeo:notebook.temporaryStorageGb"


def _time(event: Mapping[str, Any]) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or "")
