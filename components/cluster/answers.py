"""Answers of a Kubernetes API. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from components.cluster.errors import CannotAsk

OK, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, CONFLICT = 200, 401, 403, 404, 409
"""HTTP statuses."""

METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""Media type of a list without the objects' content: a CRD's schema can be very large, and Helm's Secrets contain every
value of a release."""

NOT_KUBERNETES = "the server is not a Kubernetes API; check its address"
"""Message about an answer that no Kubernetes API gives."""


def refusal(status: int, path: str, verb: str = "read") -> str:
    """Return the reason why a request was refused."""
    if status == UNAUTHORIZED:
        return "the log-in is refused (401); renew the kubeconfig's certificate or token"
    if status == FORBIDDEN:
        return f"the account may not {verb} {path} (403); grant it that permission"
    if status == NOT_FOUND:
        return f"there is no {path} (404); {NOT_KUBERNETES}"
    return f"the answer to {path} is HTTP {status}"


def json_object(body: bytes, server: str) -> Mapping[str, Any]:
    """Return the JSON object in an answer.

    Raises:
        CannotAsk: the answer is not one.
    """
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, Mapping):
        raise CannotAsk(f"{server}: {NOT_KUBERNETES}")
    return found
