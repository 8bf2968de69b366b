"""Findings about one pod that is not ready. Pure."""

from collections.abc import Iterator, Sequence

from components.readiness import events as pod_events
from components.readiness.failed_pulls import describe_failed_pull
from components.readiness.finding import Finding, printable
from components.readiness.objects import Object, field, items, name, number
from components.readiness.pulls import FAILED

CONFIGURATION_SECONDS = 30.0
"""How long a Secret or ConfigMap must be missing: the kubelet may not have seen it yet."""

CRASHES = 4
"""Number of restarts after which a container does not recover by itself. The kubelet waits 10, 20, 40, … seconds."""

_STUCK = ("FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox", "FailedMapVolume")
"""Reasons of events about a pod whose containers cannot be created."""


def find_in_pod(pod: Object, events: Sequence[Object]) -> Iterator[Finding]:
    """Yield the findings about a pod that was given to a node.

    Args:
        pod: the pod.
        events: the events about it.
    """
    subject = f"pod {name(pod)}"
    if field(pod, "status", "phase") == "Failed":
        yield Finding(subject, _joined("has failed", field(pod, "status", "reason"), field(pod, "status", "message")))
        return
    found = [each for container in _statuses(pod) for each in _find_in_container(subject, container, pod, events)]
    if found:
        yield from found
    elif event := pod_events.latest(events, *_STUCK):
        yield Finding(subject, _joined(f"{event.get('reason')}", pod_events.message(event)))
    else:
        yield _describe_state(subject, pod, events)


def failed_pulls(pod: Object, events: Sequence[Object]) -> Iterator[Finding]:
    """Yield only the findings about images that cannot be pulled."""
    for container in _statuses(pod):
        if field(container, "state", "waiting", "reason") in FAILED:
            yield describe_failed_pull(f"pod {name(pod)}", container, pod, events)


def _statuses(pod: Object) -> list[Object]:
    return [*items(pod, "status", "initContainerStatuses"), *items(pod, "status", "containerStatuses")]


def _find_in_container(subject: str, container: Object, pod: Object, events: Sequence[Object]) -> Iterator[Finding]:
    waiting = field(container, "state", "waiting") or {}
    reason, message = str(waiting.get("reason") or ""), printable(waiting.get("message"))
    if reason in FAILED:
        yield describe_failed_pull(subject, container, pod, events)
    elif reason == "CreateContainerConfigError":
        fix = "correct the chart's values (chart/values.yaml) or create the missing object, then run pulumi up"
        yield Finding(
            subject, _joined(f"container {container.get('name')}: {reason}", message), fix, CONFIGURATION_SECONDS
        )
    elif reason == "CrashLoopBackOff":
        yield _crash(subject, container, pod)
    elif reason not in ("", "ContainerCreating", "PodInitializing"):
        yield Finding(subject, _joined(f"container {container.get('name')}: {reason}", message))


def _crash(subject: str, container: Object, pod: Object) -> Finding:
    restarts = number(container, "restartCount")
    last = field(container, "lastState", "terminated") or {}
    ending = _joined(
        f"{last.get('reason') or 'Error'}, exit code {last.get('exitCode')}", printable(last.get("message"))
    )
    message = f"container {container.get('name')} has crashed {restarts} times ({ending})"
    if restarts < CRASHES:
        return Finding(subject, message, stage="crashing")
    namespace = field(pod, "metadata", "namespace")
    words = f"kubectl logs --namespace {namespace} {name(pod)} --container {container.get('name')} --previous"
    cause = "it needs more memory; otherwise " if last.get("reason") == "OOMKilled" else ""
    fix = f"{cause}{words} shows its last output; correct the cause, then run pulumi up"
    return Finding(subject, message, fix, stage="crashing")


def _describe_state(subject: str, pod: Object, events: Sequence[Object]) -> Finding:
    if any(field(each, "state", "running") for each in items(pod, "status", "containerStatuses")):
        unhealthy = pod_events.message(pod_events.latest(events, "Unhealthy"))
        return Finding(subject, _joined("is running and not ready yet", unhealthy), stage="running")
    last = pod_events.latest(events, "Pulling", "Pulled")
    if last and last.get("reason") == "Pulling":
        return Finding(subject, _joined("an image is being pulled", pod_events.message(last)))
    return Finding(subject, "its containers are being created")


def _joined(*parts: object) -> str:
    return ": ".join(str(part) for part in parts if part)
