"""The decision about a Helm release that a killed run may have left behind. Pure.

A release is changed only if this stack's state and this cluster both show that an operation was interrupted:

======================================  ==================  ====================================  ====================
state                                   namespace's owner   Helm's latest revision                verdict
======================================  ==================  ====================================  ====================
no contract                             any                 any                                   refused
contract of another cluster             any                 any                                   refused
any                                     another deployment  any                                   refused
neither the release nor the namespace   no mark             any                                   refused
the release                             this deployment     pending, older than an up             roll back
the release                             this deployment     pending, younger                      refused
no release, or its creation began       this deployment     pending, older than an up             uninstall
no release, or its creation began       this deployment     pending, younger                      refused
the creation of the release began       this deployment     finished                              uninstall
no release                              this deployment     finished, older than an up            uninstall
no release                              this deployment     finished, younger                     refused
the release                             this deployment     finished                              none
any                                     any                 not installed                         none
======================================  ==================  ====================================  ====================

"Refused" for a young revision ends with the operator's statement that nothing is running. A locked stack is refused
before any change. An object without a mark counts as this deployment's if the state has the namespace: version 0.2 and
earlier set no marks.
"""

from dataclasses import dataclass
from datetime import datetime

from components.cli.repair.state import StateFacts
from components.cluster.identity import ClusterId, other_cluster
from components.cluster.releases import (
    LONGEST_UP,
    Repair,
    Revision,
    orphaned_release,
    repair_for,
    stuck_release,
)
from components.ownership.mark import Mark


@dataclass(frozen=True)
class ReleaseFacts:
    """Facts in the cluster about a tenancy's Helm release."""

    cluster: ClusterId
    namespace: str
    release: str
    mark: Mark | None
    """Owner of the namespace; None if it has no mark or does not exist."""
    history: tuple[Revision, ...]
    """Revisions of the release; empty if it is not installed."""

    @property
    def name(self) -> str:
        """Namespace and name of the release, for messages."""
        return f"{self.namespace}/{self.release}"


@dataclass(frozen=True)
class Refused:
    """The release must not be changed."""

    reason: str
    fix: str


@dataclass(frozen=True)
class ReleaseRepair:
    """The release must be repaired."""

    finding: str
    repair: Repair


@dataclass(frozen=True)
class Healthy:
    """The release needs no repair."""

    message: str


Verdict = Refused | ReleaseRepair | Healthy


def judge(
    state: StateFacts, cluster: ReleaseFacts, *, stack: str, backend: str, now: datetime, is_interrupted: bool
) -> Verdict:
    """Decide what to do about the release, see the module's table.

    Args:
        state: facts in the stack's state.
        cluster: facts in the cluster.
        stack: the stack's name, for messages.
        backend: URL of the backend of the state, for messages.
        now: the time.
        is_interrupted: whether the operator states that neither pulumi nor helm is running.
    """
    refusal = _is_another(state, cluster, stack, backend)
    if refusal:
        return refusal
    if not cluster.history:
        return Healthy(f"the Helm release {cluster.name} is not installed: there is nothing to repair in the cluster")
    latest = max(cluster.history)
    if not latest.is_pending and state.has_release:
        status = f"{latest.status} (revision {latest.number})"
        return Healthy(f"the Helm release {cluster.name} is {status}: there is nothing to repair in the cluster")
    is_proved = state.creates_release and not latest.is_pending
    if latest.age(now) < LONGEST_UP and not is_proved and not is_interrupted:
        return _too_young(latest, cluster, stack, now)
    uninstall = Repair(cluster.release, cluster.namespace, stuck=latest, rollback_to=None)
    if not latest.is_pending:
        return ReleaseRepair(orphaned_release(cluster.release, cluster.namespace, latest.status), uninstall)
    stuck = repair_for(cluster.release, cluster.namespace, cluster.history) if state.has_release else None
    return ReleaseRepair(stuck_release(cluster.release, cluster.namespace, latest), stuck or uninstall)


def _is_another(state: StateFacts, cluster: ReleaseFacts, stack: str, backend: str) -> Refused | None:
    """Return the refusal if the state or the cluster is not this tenancy's."""
    if state.cluster is None:
        return Refused(
            f"the state of the stack {stack} in the backend {backend} does not know this tenancy: it has no contract, "
            "which the first up stores before anything else",
            "if another backend has the state, select that one with pulumi login or PULUMI_BACKEND_URL, and run repair "
            "again. If the tenancy was never deployed, there is nothing to repair",
        )
    if state.cluster.uid != cluster.cluster.uid:
        return Refused(
            other_cluster(state.cluster, cluster.cluster, stack), "set kubernetes.context or KUBECONFIG back"
        )
    if cluster.mark is not None and (state.owner is None or not cluster.mark.belongs_to(state.owner)):
        return Refused(
            f"the namespace {cluster.namespace} belongs to another deployment: {cluster.mark}",
            "select the backend of that deployment, or another clusterName",
        )
    if cluster.mark is None and cluster.history and not state.has_namespace and not state.has_release:
        return Refused(
            f"the namespace {cluster.namespace} has no owner's mark, and the state of the stack {stack} in the backend "
            f"{backend} has neither the namespace nor the Helm release",
            "another program installed the release; if it is a remnant of this stack, uninstall it: "
            f"helm uninstall {cluster.release} --namespace {cluster.namespace}",
        )
    return None


def _too_young(latest: Revision, cluster: ReleaseFacts, stack: str, now: datetime) -> Refused:
    seconds, longest = latest.age(now).total_seconds(), LONGEST_UP.total_seconds() / 60
    return Refused(
        f"the Helm release {cluster.name} is {latest.status} (revision {latest.number}) since {seconds:.0f} s: "
        f"a run of pulumi or helm may still be changing it, and can take {longest:.0f} min",
        "if neither is running any more, anywhere, and an up was killed: "
        f"python -m components repair {stack} --interrupted",
    )
