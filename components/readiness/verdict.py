"""The verdict about a release: ready, waiting, or waiting cannot help. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from components.readiness.finding import Finding
from components.readiness.objects import Object, is_owned_by, name, uid
from components.readiness.pods import failed_pulls, find_in_pod
from components.readiness.scheduling import (
    claim_names,
    find_in_claim,
    find_refused_pods,
    find_unscheduled,
    is_scheduled,
)
from components.readiness.workloads import current_pods, is_pod_done, is_pod_ready, missing, title

MOST_PODS = 5
"""Number of pods of one workload that are examined: a fault of a DaemonSet is usually the same on every node."""


@dataclass(frozen=True)
class Snapshot:
    """The objects of a release at one moment, as far as they are needed."""

    workloads: Sequence[Object]
    """Deployments, StatefulSets, DaemonSets and single pods of the release, each with its ``kind``."""
    replica_sets: Sequence[Object] = ()
    """Of Deployments that are not ready."""
    pods: Sequence[Object] = ()
    """Of workloads that lack pods."""
    claims: Sequence[Object] = ()
    """That pods without a node use."""
    events: Mapping[str, Sequence[Object]] = field(default_factory=dict)
    """By the UID of the object that they are about."""
    nodes: Sequence[Object] = ()
    classes: Sequence[Object] = ()
    """Storage classes."""


@dataclass(frozen=True)
class Verdict:
    """The findings about a release. Without ``missing``, the hub is ready."""

    missing: tuple[Finding, ...] = ()
    """What the hub waits for."""
    notebooks: tuple[Finding, ...] = ()
    """What notebook servers will wait for: images that are pulled in advance."""

    @property
    def is_ready(self) -> bool:
        """Whether every workload of the release runs in its current version."""
        return not self.missing


def judge(snapshot: Snapshot) -> Verdict:
    """Return the verdict about a release."""
    unready = [workload for workload in snapshot.workloads if missing(workload) is not None]
    found = [finding for workload in unready for finding in _find(workload, snapshot)]
    ready = [workload for workload in snapshot.workloads if missing(workload) is None]
    return Verdict(
        _in_order(_unique(found)),
        tuple(_unique(finding for workload in ready for finding in _find_pulls(workload, snapshot))),
    )


def unready_pods(workload: Object, snapshot: Snapshot) -> list[Object]:
    """Return the pods of a workload's current version that are not ready, a few of them."""
    pods = current_pods(workload, list(snapshot.replica_sets), list(snapshot.pods))
    return [each for each in pods if not is_pod_ready(each) and not is_pod_done(each)][:MOST_PODS]


def _find(workload: Object, snapshot: Snapshot) -> Iterator[Finding]:
    pods = unready_pods(workload, snapshot)
    for pod in pods:
        yield from _find_in_pod(pod, snapshot)
    if not pods:
        subject = title(workload)
        refused = [*_find_refused_pods(subject, workload, snapshot)]
        yield from refused or [Finding(subject, missing(workload) or "")]


def _find_in_pod(pod: Object, snapshot: Snapshot) -> Iterator[Finding]:
    events = snapshot.events.get(uid(pod), ())
    if is_scheduled(pod):
        yield from find_in_pod(pod, events)
        return
    names = claim_names(pod)
    for claim in snapshot.claims:
        if name(claim) in names:
            yield from find_in_claim(claim, snapshot.events.get(uid(claim), ()), snapshot.classes)
    yield find_unscheduled(pod, events, snapshot.nodes)


def _find_refused_pods(subject: str, workload: Object, snapshot: Snapshot) -> Iterator[Finding]:
    owners = [workload, *(each for each in snapshot.replica_sets if is_owned_by(each, [uid(workload)]))]
    for owner in owners:
        yield from find_refused_pods(subject, owner, snapshot.events.get(uid(owner), ()))


def _find_pulls(workload: Object, snapshot: Snapshot) -> Iterator[Finding]:
    for pod in unready_pods(workload, snapshot):
        if is_scheduled(pod):
            yield from failed_pulls(pod, snapshot.events.get(uid(pod), ()))


def _unique(findings: Iterator[Finding] | list[Finding]) -> list[Finding]:
    return list(dict.fromkeys(findings))


def _in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    """Return the findings, those that waiting cannot help first. While another pod starts, a crash is none of them."""
    is_starting = any(each.fix is None and each.stage == "starting" for each in findings)
    judged = [each.without_fix() if is_starting and each.stage == "crashing" else each for each in findings]
    return tuple(sorted(judged, key=lambda each: each.fix is None))
