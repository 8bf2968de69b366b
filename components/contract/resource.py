"""The ``Contract`` resource: keeps a deployment's immutable settings in the stack's state and refuses their change.

**Do not move this module, and do not rename its provider class or the stored properties**: every stack's state refers
to the provider by module path and class name. After a move, leave a module with the old path that imports the class
(as ``components/deployed/contract.py`` does); without it, no deployed stack can be previewed or destroyed.

The engine calls a provider's ``check`` with the stored properties before it changes anything, in a preview and in
``up --skip-preview`` alike. Therefore every other resource must depend on the contract, **including the Kubernetes
provider**: a provider that changed before the refusal would replace all its resources when the change is undone.
"""

import os
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    UpdateResult,
)

from components.cluster.client import connect_to_cluster
from components.cluster.errors import CannotAsk
from components.cluster.identity import ClusterId
from components.cluster.kubeconfig import SECTION_KEY, find_configured_kubeconfig
from components.contract import inputs as contract_inputs
from components.contract.immutable import ImmutableSettings
from components.contract.inputs import STORED, STORES_KUBECONFIG, Props
from components.contract.removal import attempt, end_deployment
from components.destroy_check.target import DELETE_UNREACHABLE
from components.dynamic_provider import ConfiguredProvider, is_unknown, report
from components.ownership.existing import FoundObject, Permission
from components.ownership.mark import Mark, Owner


class ContractProvider(ConfiguredProvider):
    """Stores properties in the state. Outside of it, only ``delete`` has an effect."""

    config_key = SECTION_KEY
    __reduce__ = object.__reduce__  # the form in the states of all versions; another one would update every contract

    def check(self, olds: Props, news: Props) -> CheckResult:
        """Refuse changes to immutable settings. ``olds`` are the stored inputs; empty at the first deployment."""
        inputs, messages = contract_inputs.check_inputs(olds, news, is_unknown, uuid.uuid4().hex)
        # The property is left empty because each message names the key of the stack's file.
        return CheckResult(inputs, [CheckFailure("", message) for message in messages])

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Return an update if a stored value changes; never a replacement."""
        return DiffResult(changes=contract_inputs.differs(olds, news, is_unknown), replaces=[])

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
        """Mark the namespace as kept, or delete it, see :mod:`components.contract.removal`.

        Without the properties in the state, the next ``up`` is a first deployment. A state of an older version without
        an owner is only forgotten: its namespace was kept or deleted by the engine.

        Raises:
            CannotAsk: the cluster cannot be asked, or refuses a change.
            RemovalRefused: a Helm release, or a claim of others, is still in the namespace.
        """
        if not props.get("owner") or not props.get("cluster"):
            return
        try:
            kubeconfig = find_configured_kubeconfig(self._configured, os.environ)
            with connect_to_cluster(kubeconfig, os.environ) as api:
                end_deployment(api, props, report)
        except CannotAsk as error:
            if os.environ.get(DELETE_UNREACHABLE) == "true":
                report(f"{error}; going on without the cluster ({DELETE_UNREACHABLE})")
                return
            raise CannotAsk(
                f"{attempt(props)}: {error}. If this cluster no longer exists, run: "
                f"{DELETE_UNREACHABLE}=true pulumi destroy"
            ) from None


class Contract(Resource, module="tenancy", name="Contract"):
    """A tenancy's immutable settings, the identity of its cluster, and the owner of what it creates. Holds no secret.

    The outputs are filled in by the provider's ``check``, so they are known in a preview too.
    """

    cluster: pulumi.Output[Mapping[str, str]]
    """Properties of the target cluster (:class:`ClusterId`). Empty in a first preview without access to the cluster."""
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
        ingress: Mapping[str, str] | None = None,
        found: Sequence[FoundObject] = (),
        existing_namespace: Permission = "refuse",
        stores_kubeconfig: bool = False,
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
            ingress: the controller that serves the hub (``preflight.ingress.ServingController``).
            found: the objects that exist in the cluster under the names that this stack uses.
            existing_namespace: whether to refuse or to adopt those of others.
            stores_kubeconfig: whether the stack file contains a kubeconfig.
            opts: the resource's options.
        """
        props: dict[str, Any] = {
            "settings": settings.as_props(),
            "cluster": cluster.as_props() if cluster else None,
            "owner": {"stack": stack},
            "namespace": namespace,
            "protect": protect,
            "ingress": ingress and dict(ingress),
            "found": [each.as_props() for each in found],
            "existingNamespace": existing_namespace,
            STORES_KUBECONFIG: stores_kubeconfig or None,
        }
        super().__init__(ContractProvider(), resource_name, props, opts)

    @property
    def cluster_uid(self) -> pulumi.Output[str | None]:
        """UID of the target cluster; None in a first preview without access to the cluster."""
        return self.cluster.apply(lambda cluster: cluster.get("uid"))

    @property
    def mark(self) -> pulumi.Output[str]:
        """Text that marks objects as created by this deployment, see :mod:`components.ownership.mark`."""
        return pulumi.Output.all(self.owner, self.cluster_uid).apply(lambda values: _mark(*values))


def _mark(owner: Mapping[str, str], cluster_uid: str | None) -> str:
    return str(Mark(Owner(owner["stack"], cluster_uid or "unknown", owner["deployment"]), is_kept=False))


def _stored(props: Props) -> Props:
    return {key: props[key] for key in STORED if props.get(key) is not None}
