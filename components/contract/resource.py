"""The ``Contract`` resource: keeps a deployment's immutable settings in the stack's state and refuses their change.

**Do not move this module, and do not rename its provider class or the stored properties**: every stack's state refers
to the provider by module path and class name. After a move, leave a module with the old path that imports the class
(as ``components/deployed/contract.py`` does); without it, no deployed stack can be previewed or destroyed.

The engine calls a provider's ``check`` with the stored properties before it changes anything, in a preview and in
``up --skip-preview`` alike. Therefore every other resource must depend on the contract, **including the Kubernetes
provider**: a provider that changed before the refusal would replace all its resources when the change is undone.
"""

from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

from components.cluster.identity import ClusterId
from components.contract import inputs as contract_inputs
from components.contract.immutable import ImmutableSettings
from components.contract.inputs import Props

STORED = ("settings", "cluster")
"""Names of the properties in the stack's state."""


class ContractProvider(ResourceProvider):
    """Stores properties in the state; has no effect outside of it."""

    serialize_as_secret_always = False  # the state holds only this class's name, which is no secret

    def check(self, olds: Props, news: Props) -> CheckResult:
        """Refuse changes to immutable settings. ``olds`` are the stored inputs; empty at the first deployment."""
        inputs, messages = contract_inputs.check_inputs(olds, news, _is_unknown)
        # The property is left empty because each message names the key of the stack's file.
        return CheckResult(inputs, [CheckFailure("", message) for message in messages])

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Return an update if a stored value changes; never a replacement."""
        return DiffResult(changes=contract_inputs.differs(olds, news, _is_unknown), replaces=[])

    def create(self, props: Props) -> CreateResult:
        """Store the properties."""
        return CreateResult(str(props["settings"]["clusterName"]), _stored(props))

    def read(self, id_: str, props: Props) -> ReadResult:
        """Return the stored properties: nothing outside the state can change them."""
        return ReadResult(id_, _stored(props), _stored(props))

    def update(self, _id: str, olds: Props, news: Props) -> UpdateResult:
        """Store the new properties."""
        return UpdateResult(_stored(news))

    def delete(self, _id: str, props: Props) -> None:
        """Do nothing: without the properties in the state, the next ``up`` is a first deployment."""


class Contract(Resource, module="tenancy", name="Contract"):
    """A tenancy's immutable settings and the identity of its cluster. Holds no secret."""

    def __init__(
        self,
        resource_name: str,
        settings: ImmutableSettings,
        cluster: ClusterId | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the contract. Every other resource must depend on it.

        Args:
            resource_name: must not be derived from the cluster's name: a renamed cluster would be a new resource, with
                no stored settings to compare.
            settings: the immutable settings of this run.
            cluster: the target cluster; None if it could not be reached, which keeps the stored one.
            opts: the resource's options.
        """
        props: dict[str, Any] = {
            "settings": settings.as_props(),
            "cluster": cluster.as_props() if cluster else None,
        }
        super().__init__(ContractProvider(), resource_name, props, opts)


def _is_unknown(value: object) -> bool:
    return isinstance(value, pulumi.output.Unknown)


def _stored(props: Props) -> Props:
    return {key: props[key] for key in STORED if props.get(key) is not None}
