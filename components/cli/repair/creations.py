"""Pending creations in the state whose outcome is known. Pure.

If a run is killed while it creates a resource, the engine keeps the operation in the state, and every later ``up``
warns of it, even after the resource was created. Only an interactive ``pulumi refresh`` removes it, or this command.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from components.cli.repair.state import CONTRACT_TYPE, RELEASE_TYPE, PendingOperation, StateFacts

GROUP_TYPE = "pulumi-python:dynamic/freeipa:Group"

_ONLY_IN_STATE = ("random:", "pulumi:", "pangeo:", CONTRACT_TYPE.rpartition(":")[0] + ":")
"""Beginnings of the types of resources that nothing outside the state belongs to."""


@dataclass(frozen=True)
class KubernetesName:
    """Identity of an object in a cluster."""

    api_version: str
    kind: str
    namespace: str | None
    name: str


@dataclass(frozen=True)
class Creation:
    """A pending creation, and its outcome."""

    urn: str
    name: str
    outcome: str
    """Empty if it is not known."""


def kubernetes_name(operation: PendingOperation) -> KubernetesName | None:
    """Return the identity of the Kubernetes object that an operation creates; None for other resources."""
    if not operation.type.startswith("kubernetes:") or operation.type == RELEASE_TYPE:
        return None
    metadata = operation.inputs.get("metadata") or {}
    texts = [operation.inputs.get("apiVersion"), operation.inputs.get("kind"), metadata.get("name")]
    if not all(isinstance(text, str) and text for text in texts):
        return None
    version, kind, name = map(str, texts)
    return KubernetesName(version, kind, _text(metadata.get("namespace")), name)


def list_creations(
    state: StateFacts, existing: Collection[KubernetesName], *, release_remains: bool
) -> tuple[Creation, ...]:
    """Return every pending creation with its outcome.

    Args:
        state: facts in the state.
        existing: the objects of the pending creations that exist in the cluster.
        release_remains: whether the Helm release is in the cluster after the repair.
    """
    return tuple(
        Creation(each.urn, each.name, _outcome(each, state, existing, release_remains=release_remains))
        for each in _unique(state.pending)
    )


def unresolved_operations(state: StateFacts, creations: Collection[Creation]) -> list[str]:
    """Return the pending operations whose outcome is not known, e.g. ``updating Release vis``.

    The state cannot be written while there are any: ``pulumi stack import`` drops every pending operation.
    """
    changes = {f"{each.operation} {each.name}" for each in state.pending if not each.is_creation}
    return sorted(changes) + [f"creating {each.name}" for each in creations if not each.outcome]


def _unique(operations: Collection[PendingOperation]) -> Iterator[PendingOperation]:
    """Yield one creation for each resource: a resource may have been interrupted several times."""
    yield from {each.urn: each for each in operations if each.is_creation}.values()


def _outcome(
    operation: PendingOperation, state: StateFacts, existing: Collection[KubernetesName], *, release_remains: bool
) -> str:
    if operation.urn in state.urns:
        return "it was created since"
    if operation.type == RELEASE_TYPE:
        return "" if release_remains else "it is not in the cluster; the next up installs it"
    if operation.type == GROUP_TYPE:
        return "the next up looks for it in the directory, and creates it only if it is not there"
    if operation.type.startswith(_ONLY_IN_STATE):
        return "nothing was created outside the state; the next up creates it"
    name = kubernetes_name(operation)
    if name is None:
        return ""
    if name in existing:
        return "it is in the cluster; the next up takes it into the state"
    return "it is not in the cluster; the next up creates it"


def _text(value: Any) -> str | None:  # noqa: ANN401 - a property of any type
    return value if isinstance(value, str) and value else None
