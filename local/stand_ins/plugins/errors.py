"""Failures of an operation on a resource."""

from collections.abc import Mapping
from typing import Any

from local.stand_ins.plugins.wire import Properties


class OperationFailed(Exception):
    """The operation failed and changed nothing: the engine prints the text and keeps its state."""


class PartialFailure(Exception):
    """The operation failed after it changed the resource, so the engine must store the resource's present outputs.

    The engine saves ``outputs`` under ``id`` together with the text, and tries an update in the next run.
    """

    def __init__(self, text: str, *, id: str, outputs: Properties) -> None:
        super().__init__(text)
        self.id = id
        self.outputs = outputs


class Unreachable(OperationFailed):
    """The API server does not answer, or the kubeconfig cannot be used."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"configured Kubernetes cluster is unreachable: {reason}")
        self.reason = reason


class ApiError(OperationFailed):
    """The API server refused a request. The text is the server's own message."""

    def __init__(self, status: int, answer: Mapping[str, Any]) -> None:
        super().__init__(str(answer.get("message") or f"HTTP {status}"))
        self.status = status
        self.reason = str(answer.get("reason") or "")
        self.details: Mapping[str, Any] = answer.get("details") or {}


class HelmError(OperationFailed):
    """Helm failed. The text is helm's own message."""
