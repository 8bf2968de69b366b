"""A Helm release that a killed run left ``pending-*``: recognised by its revisions, and what mends it.

Helm marks a revision when an operation begins and again when it ends; whoever is killed in between leaves the first
mark, and every later ``helm upgrade``, so every ``pulumi up``, is refused for ever.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from components.cluster.client import Api

METADATA_ALONE = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""Helm's revisions are Secrets with every value in them; their labels are all that is asked for."""


@dataclass(frozen=True, order=True)
class Revision:
    """One entry of a release's history."""

    number: int
    status: str
    began: str
    """When, as Helm or Kubernetes writes it; empty where nobody knows."""

    @property
    def is_pending(self) -> bool:
        """An operation is at work on it, or was killed."""
        return self.status.startswith("pending-")


@dataclass(frozen=True)
class Repair:
    """What frees a release. ``rollback_to`` None: it was never deployed, and is uninstalled."""

    release: str
    namespace: str
    stuck: Revision
    rollback_to: int | None

    @property
    def steps(self) -> str:
        """What will be done, as a sentence."""
        if self.rollback_to is None:
            return (
                f"helm uninstall {self.release}: it was never deployed, so there is nothing to go back to; "
                "the next pulumi up installs it"
            )
        return (
            f"helm rollback {self.release} {self.rollback_to}: back to the last revision that was deployed; "
            "the next pulumi up upgrades it"
        )


def repair_for(release: str, namespace: str, history: Iterable[Revision]) -> Repair | None:
    """What frees the release, or None where its latest revision is not pending."""
    revisions = sorted(history)
    if not revisions or not revisions[-1].is_pending:
        return None
    good = [revision.number for revision in revisions if revision.status == "deployed"]
    good = good or [revision.number for revision in revisions if revision.status == "superseded"]
    return Repair(release, namespace, stuck=revisions[-1], rollback_to=good[-1] if good else None)


def explanation(release: str, namespace: str, stuck: Revision) -> str:
    """What is the matter, for somebody who has never met it."""
    since = f" since {stuck.began}" if stuck.began else ""
    return (
        f"the Helm release {namespace}/{release} is {stuck.status} (revision {stuck.number}){since}: unless helm or "
        "pulumi is at work on it now, a run was killed, and neither pulumi refresh nor pulumi up mends that"
    )


def pending_revision(api: "Api", release: str, namespace: str) -> Revision | None:
    """The latest revision if it is pending, by the labels of Helm's own Secrets.

    Raises:
        CannotAsk: the cluster gives no answer, or the account may not list Secrets.
    """
    where = quote(f"owner=helm,name={release}")
    found = api.get(f"/api/v1/namespaces/{namespace}/secrets?labelSelector={where}", accept=METADATA_ALONE)
    revisions = sorted(_revision(item.get("metadata") or {}) for item in found.get("items") or [])
    return revisions[-1] if revisions and revisions[-1].is_pending else None


def _revision(metadata: Mapping[str, Any]) -> Revision:
    labels = metadata.get("labels") or {}
    version = str(labels.get("version", ""))
    return Revision(
        number=int(version) if version.isdigit() else 0,
        status=str(labels.get("status", "")),
        began=str(metadata.get("creationTimestamp") or ""),
    )
