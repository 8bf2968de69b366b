"""Facts about an interrupted run in a stack's state, as printed by ``pulumi stack export``. Pure.

https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/core.go: DeploymentV3
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from components.cluster.identity import ClusterId
from components.ownership.mark import Owner

CONTRACT_TYPE = "pulumi-python:dynamic/tenancy:Contract"
RELEASE_TYPE = "kubernetes:helm.sh/v3:Release"
NAMESPACE_TYPE = "kubernetes:core/v1:Namespace"

CREATING = "creating"
"""Type of an operation that creates a resource."""

Export = Mapping[str, Any]
"""A state as printed by ``pulumi stack export``. Secrets in it are encrypted."""


@dataclass(frozen=True)
class PendingOperation:
    """An operation that the engine began, and whose end it did not record."""

    operation: str
    urn: str
    type: str
    inputs: Mapping[str, Any]

    @property
    def is_creation(self) -> bool:
        """Whether it creates a resource. The engine forgets the others with the next refresh, but never this one."""
        return self.operation == CREATING

    @property
    def name(self) -> str:
        """The resource for messages: its kind and its name in the program."""
        return f"{self.type.rpartition(':')[2]} {self.urn.rpartition('::')[2]}"


@dataclass(frozen=True)
class StateFacts:
    """Facts in the state of one stack."""

    cluster: ClusterId | None
    """Cluster in the contract. None if there is no contract, so that this state does not know the tenancy."""
    owner: Owner | None
    """Owner of the deployment's objects; None in a state of a version before 0.3."""
    urns: frozenset[str]
    """Resources that exist according to the state."""
    types: frozenset[str]
    """Their types."""
    pending: tuple[PendingOperation, ...]

    @property
    def has_release(self) -> bool:
        """Whether the state has the Helm release."""
        return RELEASE_TYPE in self.types

    @property
    def has_namespace(self) -> bool:
        """Whether the state has the tenancy's namespace."""
        return NAMESPACE_TYPE in self.types

    @property
    def creates_release(self) -> bool:
        """Whether the creation of the release was interrupted."""
        return any(each.is_creation and each.type == RELEASE_TYPE for each in self.pending)


def read_state(export: Export) -> StateFacts:
    """Return the facts in a state.

    A resource that the engine was deleting, or has deleted to create it again, does not count as existing.
    """
    deployment = export.get("deployment") or {}
    resources = [each for each in deployment.get("resources") or [] if not _is_gone(each)]
    pending = tuple(_pending(each) for each in deployment.get("pending_operations") or [])
    contract = _contract(resources, pending)
    cluster = contract.get("cluster")
    owner = contract.get("owner") or {}
    cluster_id = ClusterId.from_props(cluster) if isinstance(cluster, Mapping) and cluster.get("uid") else None
    return StateFacts(
        cluster=cluster_id,
        owner=(
            Owner(str(owner["stack"]), cluster_id.uid, str(owner["deployment"]))
            if cluster_id and owner.get("deployment")
            else None
        ),
        urns=frozenset(str(each["urn"]) for each in resources),
        types=frozenset(str(each["type"]) for each in resources),
        pending=pending,
    )


def drop_creations(export: Export, urns: Collection[str]) -> Export:
    """Return the state without the pending creations of these resources."""
    deployment = dict(export["deployment"])
    kept = [
        each
        for each in deployment.get("pending_operations") or []
        if each.get("type") != CREATING or each["resource"]["urn"] not in urns
    ]
    deployment.pop("pending_operations", None)
    return {**export, "deployment": {**deployment, **({"pending_operations": kept} if kept else {})}}


def _is_gone(resource: Mapping[str, Any]) -> bool:
    return bool(resource.get("delete") or resource.get("pendingReplacement"))


def _pending(operation: Mapping[str, Any]) -> PendingOperation:
    resource = operation.get("resource") or {}
    return PendingOperation(
        operation=str(operation.get("type", "")),
        urn=str(resource.get("urn", "")),
        type=str(resource.get("type", "")),
        inputs=resource.get("inputs") or {},
    )


def _contract(resources: list[Mapping[str, Any]], pending: tuple[PendingOperation, ...]) -> Mapping[str, Any]:
    """Return the contract's properties; also if its creation, which changes nothing outside the state, was the last."""
    for resource in resources:
        if resource["type"] == CONTRACT_TYPE:
            return {**(resource.get("inputs") or {}), **(resource.get("outputs") or {})}
    return next((each.inputs for each in pending if each.is_creation and each.type == CONTRACT_TYPE), {})
