"""A user's volume claim: whether it must grow, the patch that grows it, and the event for a claim that cannot. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from components.in_hub.events import build_warning
from components.in_hub.quantity import size_bytes

BOUND = "Bound"
"""Phase of a claim that has a volume."""

REASON = "HomeNotGrown"
"""Reason of the events written here."""


@dataclass(frozen=True)
class Claim:
    """The fields of a volume claim that its growth needs."""

    name: str
    uid: str
    resource_version: str
    """Makes Kubernetes refuse the patch if the claim has changed since it was read."""
    phase: str
    requested: str
    """Requested size as a Kubernetes quantity."""

    @classmethod
    def from_response(cls, response: Any) -> "Claim":  # noqa: ANN401 - kubernetes_asyncio has no types
        """Read a claim from kubernetes_asyncio's ``V1PersistentVolumeClaim``."""
        requests = response.spec.resources.requests or {}
        metadata = response.metadata
        return cls(
            metadata.name, metadata.uid, metadata.resource_version, response.status.phase, requests.get("storage", "0")
        )


class CannotGrow(Exception):
    """The claim keeps its size; the text is the cause."""


def must_grow(claim: Claim, size: str) -> bool:
    """Return whether ``claim`` requests less than ``size``.

    Raises:
        CannotGrow: it does, but has no volume yet; Kubernetes then accepts no other size.
    """
    if size_bytes(claim.requested) >= size_bytes(size):
        return False
    if claim.phase != BOUND:
        raise CannotGrow(f"it is {claim.phase} and can grow once it has a volume, at a later server start")
    return True


def build_patch(claim: Claim, size: str) -> dict[str, Any]:
    """Return the patch that raises the request of ``claim`` to ``size``."""
    return {
        "metadata": {"resourceVersion": claim.resource_version},
        "spec": {"resources": {"requests": {"storage": size}}},
    }


def build_event(claim: Claim, namespace: str, message: str, now: datetime) -> dict[str, Any]:
    """Return a warning event about ``claim``, as ``kubectl events`` shows it."""
    of = {"kind": "PersistentVolumeClaim", "name": claim.name, "uid": claim.uid}
    return build_warning(of, namespace, REASON, message, now)
