"""Events of Kubernetes, which ``kubectl events`` and the page of a server's start show. Pure."""

from datetime import datetime
from typing import Any

MESSAGE_MAX_LENGTH = 1024
"""Longest message of an event, in characters (Kubernetes, ``pkg/apis/core/validation/events.go``)."""


def build_warning(of: dict[str, str], namespace: str, reason: str, message: str, now: datetime) -> dict[str, Any]:
    """Return a warning event.

    Args:
        of: ``kind`` and ``name`` of the object in the namespace, and its ``uid`` if it is known.
        namespace: the namespace.
        reason: a word for the kind of event.
        message: the text, which is cut at ``MESSAGE_MAX_LENGTH``.
        now: the present time.
    """
    time = now.isoformat(timespec="seconds")
    return {
        "metadata": {"generateName": f"{of['name']}-", "namespace": namespace},
        "involvedObject": {"apiVersion": "v1", "namespace": namespace, **of},
        "type": "Warning",
        "reason": reason,
        "message": message[:MESSAGE_MAX_LENGTH],
        "source": {"component": "jupyterhub"},
        "firstTimestamp": time,
        "lastTimestamp": time,
        "count": 1,
    }
