"""A pod that starts an image once, as the charts start notebook servers and Dask's schedulers and workers."""

import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from components.chart.dask_values import NOTEBOOK_UID
from components.chart.placement import trial_placement
from components.chart.server_code import HOME_VARIABLES
from components.cli.images.versions import COMMAND
from components.cluster.answers import NOT_FOUND
from components.cluster.client import ReadWriteApi
from components.cluster.errors import CannotAsk
from components.cluster.objects import FIELD_MANAGER, read_events
from components.config.gpus import has_gpus
from components.config.tenancy import Tenancy
from components.in_hub.gpus import NO_GPUS, VARIABLE
from components.readiness.finding import printable
from components.readiness.objects import Object, field, items, name, uid
from components.readiness.pods import failed_pulls, find_in_pod

POLL_SECONDS = 1.0

RUN_SECONDS = 60.0
"""Most seconds that the program may run; it needs less than one."""

IGNORES_COMMAND = "its entry point does not run the command that it is given"

LABELS = {"app.kubernetes.io/managed-by": FIELD_MANAGER, "app.kubernetes.io/component": "image-trial"}
"""Labels of the pods. No network policy and no Service selects them."""


@dataclass(frozen=True)
class TrialFailed(Exception):
    """The image did not start, or its program ended with an error."""

    message: str
    fix: str = ""


def trial_pod(tenancy: Tenancy, image: str, pod_name: str) -> dict[str, Any]:
    """Return the manifest of the pod. Like the charts, it replaces the image's command but not its entry point.

    Args:
        tenancy: the tenancy, in whose namespace the pod is.
        image: the image as the nodes pull it.
        pod_name: the pod's name.
    """
    # An entry point that needs to write to HOME ends the server, too.
    variables = {**HOME_VARIABLES, **({VARIABLE: NO_GPUS} if has_gpus(tenancy) else {})}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": pod_name, "namespace": tenancy.namespace, "labels": LABELS},
        "spec": {
            **trial_placement(tenancy),
            "restartPolicy": "Never",
            # If this program is killed, the pod ends by itself.
            "activeDeadlineSeconds": tenancy.notebook.start_timeout_seconds,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "imagePullSecrets": [{"name": each} for each in tenancy.registries.pull_secrets],
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": NOTEBOOK_UID,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "image",
                    "image": image,
                    "args": list(COMMAND),
                    "env": [{"name": each, "value": value} for each, value in variables.items()],
                    "terminationMessagePolicy": "FallbackToLogsOnError",
                    "resources": {
                        "requests": {"cpu": "50m", "memory": "128Mi"},
                        "limits": {"cpu": "1", "memory": "1Gi"},
                    },
                    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                }
            ],
        },
    }


def delete_leftovers(api: ReadWriteApi, tenancy: Tenancy, now: datetime) -> None:
    """Delete the pods of earlier runs that were killed: those that no run waits for any more.

    Raises:
        CannotAsk: the cluster gives no answer.
    """
    pods = f"/api/v1/namespaces/{tenancy.namespace}/pods"
    selector = ",".join(f"{key}={value}" for key, value in LABELS.items())
    limit = now - timedelta(seconds=tenancy.notebook.start_timeout_seconds)
    _, listed = api.send("GET", f"{pods}?labelSelector={quote(selector)}")
    for pod in items(listed, "items"):
        if datetime.fromisoformat(str(field(pod, "metadata", "creationTimestamp"))) < limit:
            api.send("DELETE", f"{pods}/{name(pod)}")


def run_trial(
    api: ReadWriteApi,
    tenancy: Tenancy,
    image: str,
    *,
    wait: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> str:
    """Start the image once, delete the pod, and return the text that its program has written.

    Raises:
        TrialFailed: the image did not start within the limit of a server's start, or its program failed.
        CannotAsk: the cluster gives no answer, or refuses the pod.
    """
    own_name = f"image-trial-{secrets.token_hex(4)}"
    pods = f"/api/v1/namespaces/{tenancy.namespace}/pods"
    status, created = api.send("POST", f"{pods}?fieldManager={FIELD_MANAGER}", trial_pod(tenancy, image, own_name))
    if status == NOT_FOUND:
        raise CannotAsk(f"{api.server}: there is no namespace {tenancy.namespace}; run pulumi up")
    try:
        return _wait_for_end(api, tenancy, f"{pods}/{own_name}", created, wait, clock)
    finally:
        with suppress(CannotAsk):
            api.send("DELETE", f"{pods}/{own_name}")


def _wait_for_end(
    api: ReadWriteApi,
    tenancy: Tenancy,
    path: str,
    pod: Object,
    wait: Callable[[float], None],
    clock: Callable[[], float],
) -> str:
    deadline = clock() + tenancy.notebook.start_timeout_seconds
    refused_since: float | None = None
    running_since: float | None = None
    while (phase := field(pod, "status", "phase")) not in ("Succeeded", "Failed"):
        events = read_events(api, tenancy.namespace, uid(pod))
        refusal = next(failed_pulls(pod, events), None)
        is_permanent = refusal is not None and refusal.fix is not None
        refused_since = (refused_since or clock()) if is_permanent else None
        if refusal and refused_since is not None and clock() - refused_since >= refusal.confirm_seconds:
            raise TrialFailed(refusal.message, refusal.fix or "")
        is_running = any(
            field(each, "state", "running") is not None for each in items(pod, "status", "containerStatuses")
        )
        running_since = (running_since or clock()) if is_running else None
        if running_since is not None and clock() - running_since > RUN_SECONDS:
            raise TrialFailed(IGNORES_COMMAND)
        if clock() > deadline:
            raise TrialFailed(f"did not start within {tenancy.notebook.start_timeout_seconds} s: {_state(pod, events)}")
        wait(POLL_SECONDS)
        status, pod = api.send("GET", path)
        if status == NOT_FOUND:
            raise TrialFailed("its pod was deleted by others", "run the command again")
    ended = next((field(each, "state", "terminated") for each in items(pod, "status", "containerStatuses")), None) or {}
    text = str(ended.get("message") or "").strip()
    if phase == "Failed":
        # Of the program's log, the last line has the error.
        cause = (
            printable(text.rpartition("\n")[2])
            or printable(field(pod, "status", "message"))
            or "its program wrote no message"
        )
        raise TrialFailed(f"does not run commands as user {NOTEBOOK_UID} ({_ending(ended)}): {cause}")
    return text


def _ending(ended: Mapping[str, Any]) -> str:
    return f"{ended.get('reason') or 'Error'}, exit code {ended.get('exitCode')}"


def _state(pod: Object, events: list[Mapping[str, Any]]) -> str:
    """Return why a pod does not run: the scheduler's message, or that of the node."""
    for condition in items(pod, "status", "conditions"):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return printable(condition.get("message"))
    return next((each.message for each in find_in_pod(pod, events)), "no message")
