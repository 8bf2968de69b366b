"""Findings about pods that no node has been found for, pods that were not created, and their volume claims. Pure."""

from collections.abc import Iterator, Sequence

from components.readiness import events as object_events
from components.readiness.finding import Finding, printable
from components.readiness.nodes import no_node_fits
from components.readiness.objects import Object, field, items, name

SCHEDULING_SECONDS = 60.0
"""How long a pod must be too large for every node: an autoscaler needs some time to announce a new one."""

CLAIM_SECONDS = 30.0
"""How long the final failure of a claim must last."""

CREATION_SECONDS = 20.0
"""How long pods must be refused by the cluster's rules."""

_SCALE_UP = ("TriggeredScaleUp", "Nominated")
"""Reasons of the events with which the cluster autoscaler and Karpenter announce a node for a pod."""

_NO_SCALE_UP = "NotTriggerScaleUp"


def is_scheduled(pod: Object) -> bool:
    """Return whether the pod was given to a node."""
    return bool(field(pod, "spec", "nodeName"))


def find_unscheduled(pod: Object, events: Sequence[Object], nodes: Sequence[Object]) -> Finding:
    """Return the finding about a pod without a node."""
    subject = f"pod {name(pod)}"
    event = object_events.latest(events, *_SCALE_UP)
    if event:
        return Finding(subject, f"a node is being added for it: {object_events.message(event)}")
    conditions = items(pod, "status", "conditions")
    refused = [each for each in conditions if each.get("type") == "PodScheduled" and each.get("status") == "False"]
    reason = printable(refused[0].get("message")) if refused else ""
    if not reason:
        return Finding(subject, "waits for a node")
    message = f"FailedScheduling: {reason}"
    if event := object_events.latest(events, _NO_SCALE_UP):
        message += f"; {object_events.message(event)}"
    obstacle = no_node_fits(pod, nodes)
    if obstacle is None:
        return Finding(subject, message)
    fix = (
        f"no node could run it, even if it were empty ({obstacle}); add such a node, correct pangeo:workers.pools, or "
        "change the pod's requests, labels and tolerations in chart/values.yaml, then run pulumi up"
    )
    return Finding(subject, message, fix, SCHEDULING_SECONDS)


def find_refused_pods(subject: str, owner: Object, events: Sequence[Object]) -> Iterator[Finding]:
    """Yield the finding about pods that the cluster refuses to create, e.g. because of a quota or its Pod Security.

    Args:
        subject: the workload.
        owner: the object whose controller creates the pods: the workload, or its current ReplicaSet.
        events: the events about ``owner``.
    """
    conditions = items(owner, "status", "conditions")
    failed = [each for each in conditions if each.get("type") == "ReplicaFailure" and each.get("status") == "True"]
    message = printable(failed[0].get("message")) if failed else ""
    message = message or object_events.message(object_events.latest(events, "FailedCreate"))
    if not message:
        return
    text = f"its pods cannot be created: {message}"
    if "violates PodSecurity" in message:
        fix = "remove the setting that the namespace's Pod Security does not allow from chart/values.yaml"
        yield Finding(subject, text, f"{fix}, then run pulumi up", CREATION_SECONDS)
    else:
        yield Finding(subject, text)


def claim_names(pod: Object) -> list[str]:
    """Return the names of the claims that a pod uses."""
    claims = (field(each, "persistentVolumeClaim", "claimName") for each in items(pod, "spec", "volumes"))
    return [str(claim) for claim in claims if claim]


def find_in_claim(claim: Object, events: Sequence[Object], classes: Sequence[Object]) -> Iterator[Finding]:
    """Yield the finding about a claim that has no volume yet. One that waits for its pod is not a problem.

    Args:
        claim: the claim.
        events: the events about it.
        classes: the cluster's storage classes.
    """
    phase = field(claim, "status", "phase")
    subject = f"claim {name(claim)}"
    if phase == "Lost":
        fix = "restore the volume, or delete the claim with its data, then run pulumi up"
        yield Finding(subject, f"is Lost: its volume {printable(field(claim, 'spec', 'volumeName'))} is gone", fix)
    elif phase == "Pending":
        event = object_events.latest(
            events,
            "ProvisioningFailed",
            "FailedBinding",
            "ExternalProvisioning",
            "Provisioning",
            "WaitForFirstConsumer",
        )
        if event and event.get("reason") == "WaitForFirstConsumer":
            return
        message = object_events.message(event)
        yield Finding(
            subject, f"is Pending{f': {message}' if message else ''}", _fix_claim(claim, event, classes), CLAIM_SECONDS
        )


def _fix_claim(claim: Object, event: Object | None, classes: Sequence[Object]) -> str | None:
    if event is None or event.get("reason") not in ("ProvisioningFailed", "FailedBinding"):
        return None
    wanted = field(claim, "spec", "storageClassName")
    names = sorted(name(each) for each in classes)
    if wanted and wanted not in names:
        return (
            f"the cluster has no storage class {printable(wanted)}; create it, or set pangeo:storage.className or "
            f"pangeo:storage.hubDatabaseClass to one that it has ({', '.join(names) or 'none'}), then run pulumi up"
        )
    if not wanted and event.get("reason") == "FailedBinding":
        return (
            "the cluster has no default storage class; set pangeo:storage.className to one that it has "
            f"({', '.join(names) or 'none'}), then run pulumi up"
        )
    return None
