"""The ``Contract`` resource: keeps a deployment's immutable settings in the stack's state and refuses their change.

**Do not move this module, and do not rename its provider class or the stored properties**: every stack's state refers
to the provider by module path and class name. After a move, leave a module with the old path that imports the class
(as ``components/deployed/contract.py`` does); without it, no deployed stack can be previewed or destroyed.

The engine calls a provider's ``check`` with the stored properties before it changes anything, in a preview and in
``up --skip-preview`` alike. Therefore every other resource must depend on the contract, **including the Kubernetes
provider**: a provider that changed before the refusal would replace all its resources when the change is undone.
"""

import uuid
from collections.abc import Mapping
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
from components.contract.inputs import STORED, Props
from components.ownership.mark import Mark, Owner


class ContractProvider(ResourceProvider):
    """Stores properties in the state; has no effect outside of it."""

    serialize_as_secret_always = False  # the state holds only this class's name, which is no secret

    def check(self, olds: Props, news: Props) -> CheckResult:
        """Refuse changes to immutable settings. ``olds`` are the stored inputs; empty at the first deployment."""
        inputs, messages = contract_inputs.check_inputs(olds, news, _is_unknown, uuid.uuid4().hex)
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
    """A tenancy's immutable settings, the identity of its cluster, and the owner of what it creates. Holds no secret.

    The outputs are filled in by the provider's ``check``, so they are known in a preview too.
    """

    cluster: pulumi.Output[Mapping[str, str]]
    """Properties of the target cluster (:class:`ClusterId`). Unknown in a first preview without the cluster."""
    owner: pulumi.Output[Mapping[str, str]]
    """``stack`` and ``deployment`` of the owner of everything that the program creates."""

    def __init__(
        self,
        resource_name: str,
        settings: ImmutableSettings,
        cluster: ClusterId | None,
        *,
        stack: str,
        namespace: str,
        protect: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the contract. Every other resource must depend on it.

        Args:
            resource_name: must not be derived from the cluster's name: a renamed cluster would be a new resource, with
                no stored settings to compare.
            settings: the immutable settings of this run.
            cluster: the target cluster; None if it could not be reached, which keeps the stored one.
            stack: the stack's name.
            namespace: name of the tenancy's namespace.
            protect: whether a destroy keeps the namespace.
            opts: the resource's options.
        """
        props: dict[str, Any] = {
            "settings": settings.as_props(),
            "cluster": cluster.as_props() if cluster else None,
            "owner": {"stack": stack},
            "namespace": namespace,
            "protect": protect,
        }
        super().__init__(ContractProvider(), resource_name, props, opts)

    @property
    def cluster_uid(self) -> pulumi.Output[str]:
        """UID of the target cluster."""
        return self.cluster.apply(lambda cluster: ClusterId.from_props(cluster).uid)

    @property
    def mark(self) -> pulumi.Output[str]:
        """Text that marks objects as created by this deployment, see :mod:`components.ownership.mark`."""
        return pulumi.Output.all(self.owner, self.cluster_uid).apply(lambda values: _mark(*values))


def _mark(owner: Mapping[str, str], cluster_uid: str) -> str:
    return str(Mark(Owner(owner["stack"], cluster_uid, owner["deployment"]), is_kept=False))


def _is_unknown(value: object) -> bool:
    return isinstance(value, pulumi.output.Unknown)


def _stored(props: Props) -> Props:
    return {key: props[key] for key in STORED if props.get(key) is not None}
