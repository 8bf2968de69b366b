"""A user's volume claim: whether it must grow, how, and what is said where it cannot. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from components.in_hub.quantity import size_bytes

BOUND = "Bound"
REASON = "HomeNotGrown"
MESSAGE_MAX_LENGTH = 1024
"""Of an event (Kubernetes, ``pkg/apis/core/validation/events.go``)."""


@dataclass(frozen=True)
class Claim:
    """A user's volume claim, as far as its size goes."""

    name: str
    uid: str
    version: str
    """Its ``resourceVersion``: a change is only made to the claim as it was read."""
    phase: str
    requested: str

    @classmethod
    def of(cls, answer: Any) -> "Claim":  # noqa: ANN401 - kubernetes_asyncio has no types
        """A claim from kubernetes_asyncio's ``V1PersistentVolumeClaim``."""
        requests = answer.spec.resources.requests or {}
        about = answer.metadata
        return cls(about.name, about.uid, about.resource_version, answer.status.phase, requests.get("storage", "0"))


class CannotGrow(Exception):
    """The claim stays as it is; the text says why."""


def must_grow(claim: Claim, size: str) -> bool:
    """Whether ``claim`` asks for less than ``size``.

    Raises:
        CannotGrow: it does, and has no volume yet; Kubernetes takes no other size until it has.
    """
    if size_bytes(claim.requested) >= size_bytes(size):
        return False
    if claim.phase != BOUND:
        raise CannotGrow(f"it is {claim.phase} and can grow once it has a volume, at a later start")
    return True


def change(claim: Claim, size: str) -> dict[str, Any]:
    """The patch that makes ``claim`` ask for ``size``, if nobody has changed it since."""
    return {
        "metadata": {"resourceVersion": claim.version},
        "spec": {"resources": {"requests": {"storage": size}}},
    }


def event(claim: Claim, namespace: str, message: str, now: datetime) -> dict[str, Any]:
    """A warning on ``claim`` for ``kubectl events`` and whatever watches them."""
    time = now.isoformat(timespec="seconds")
    return {
        "metadata": {"generateName": f"{claim.name}-", "namespace": namespace},
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "name": claim.name,
            "namespace": namespace,
            "uid": claim.uid,
        },
        "type": "Warning",
        "reason": REASON,
        "message": message[:MESSAGE_MAX_LENGTH],
        "source": {"component": "jupyterhub"},
        "firstTimestamp": time,
        "lastTimestamp": time,
        "count": 1,
    }
