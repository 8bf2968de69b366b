"""Helm releases in a cluster: their revisions, and how to repair a release that blocks every ``pulumi up``.

Helm marks a revision as ``pending-*`` when an operation begins and replaces the mark when it ends. If helm is killed in
between, the mark stays, and every later ``helm upgrade``, so every ``pulumi up``, is refused.
"""

import base64
import gzip
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from components.cluster.answers import METADATA_ONLY

if TYPE_CHECKING:
    from components.cluster.client import Api

LONGEST_UP = timedelta(minutes=20)
"""Time that Helm may take for a release (``RELEASE_TIMEOUT_SECONDS`` of the component). A longer one was killed."""


@dataclass(frozen=True, order=True)
class Revision:
    """A revision of a Helm release."""

    number: int
    status: str
    began: str
    """Time in the format of Helm or Kubernetes; empty where it is not known."""

    @property
    def is_pending(self) -> bool:
        """Whether an operation is running, or was killed."""
        return self.status.startswith("pending-")

    def age(self, now: datetime) -> timedelta:
        """Return the time since the revision began; zero where that is not known."""
        try:
            return now - datetime.fromisoformat(self.began)
        except ValueError:
            return timedelta()


@dataclass(frozen=True)
class Repair:
    """Operation that repairs a release: a rollback, or an uninstall where ``rollback_to`` is None."""

    release: str
    namespace: str
    stuck: Revision
    rollback_to: int | None

    @property
    def steps(self) -> str:
        """Description of the operation, beginning with its helm command."""
        if self.rollback_to is None:
            return (
                f"helm uninstall {self.release}: the release was never deployed, so there is no revision to go back "
                "to; the next pulumi up installs it"
            )
        return (
            f"helm rollback {self.release} {self.rollback_to}: back to the last revision that was deployed; "
            "the next pulumi up upgrades it"
        )


def latest_revision(api: "Api", release: str, namespace: str) -> Revision | None:
    """Return the latest revision by the labels of Helm's Secrets; None where the release is not installed.

    Raises:
        CannotAsk: the cluster gives no answer, or the account may not list Secrets.
    """
    labels = quote(f"owner=helm,name={release}")
    found = api.get(f"/api/v1/namespaces/{namespace}/secrets?labelSelector={labels}", accept=METADATA_ONLY)
    return max((_revision(item.get("metadata") or {}) for item in found.get("items") or []), default=None)


def chart_version(api: "Api", release: str, namespace: str, revision: Revision) -> str | None:
    """Return the chart's version in a revision, which is that of the program that deployed it; None if not known.

    Nothing else is kept of the revision's content, which includes the release's secrets.

    Raises:
        CannotAsk: the cluster gives no answer, or the account may not list Secrets.
    """
    fields = quote(f"metadata.name=sh.helm.release.v1.{release}.v{revision.number}")
    found = api.get(f"/api/v1/namespaces/{namespace}/secrets?fieldSelector={fields}")
    for item in found.get("items") or []:
        try:
            # Helm compresses and encodes a release; Kubernetes encodes each Secret again.
            encoded = base64.b64decode((item.get("data") or {}).get("release", ""))
            stored = json.loads(gzip.decompress(base64.b64decode(encoded)))
            return str(stored["chart"]["metadata"]["version"])
        except (ValueError, OSError, EOFError, zlib.error, LookupError, TypeError):
            return None  # another version of Helm, or not Helm's
    return None


def installed_releases(api: "Api", namespace: str) -> list[str]:
    """Return the names of all Helm releases in a namespace, whatever their status.

    Raises:
        CannotAsk: the cluster gives no answer, or the account may not list Secrets.
    """
    found = api.get(f"/api/v1/namespaces/{namespace}/secrets?labelSelector=owner%3Dhelm", accept=METADATA_ONLY)
    labels = [(item.get("metadata") or {}).get("labels") or {} for item in found.get("items") or []]
    return sorted({str(each.get("name", "")) for each in labels})


def repair_for(release: str, namespace: str, history: Iterable[Revision]) -> Repair | None:
    """Return the operation that repairs a stuck release; None where the latest revision is not pending."""
    revisions = sorted(history)
    if not revisions or not revisions[-1].is_pending:
        return None
    good = [revision.number for revision in revisions if revision.status == "deployed"]
    good = good or [revision.number for revision in revisions if revision.status == "superseded"]
    return Repair(release, namespace, stuck=revisions[-1], rollback_to=good[-1] if good else None)


def stuck_release(release: str, namespace: str, stuck: Revision) -> str:
    """Return the message about a release whose latest revision is pending."""
    since = f" since {stuck.began}" if stuck.began else ""
    return (
        f"the Helm release {namespace}/{release} is {stuck.status} (revision {stuck.number}){since}: unless helm or "
        "pulumi is running now, a run was killed, and neither pulumi refresh nor pulumi up repairs the release"
    )


def orphaned_release(release: str, namespace: str, status: str) -> str:
    """Return the message about a release that the stack's state does not contain."""
    return (
        f"the Helm release {namespace}/{release} is {status} in the cluster, and the stack's state does not contain "
        "it: a run was killed before helm's result was saved, and every pulumi up is refused with "
        '"cannot re-use a name that is still in use"'
    )


def _revision(metadata: Mapping[str, Any]) -> Revision:
    labels = metadata.get("labels") or {}
    version = str(labels.get("version", ""))
    return Revision(
        number=int(version) if version.isdigit() else 0,
        status=str(labels.get("status", "unknown")),
        began=str(metadata.get("creationTimestamp") or ""),
    )
