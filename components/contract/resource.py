"""``Contract``: what a tenancy was deployed with, kept in the stack's state, and the refusal of what must not change.

**The path of this module and the name of the provider class are a contract with every stack's state**: a provider is
stored there as a reference to them. Who moves or renames either leaves an import under the old name behind, or no
deployed stack can be previewed or destroyed. The names of the stored properties are one too.

The engine asks a provider's ``check`` before it does anything, in a preview and in ``up --skip-preview`` alike, and
hands it what is in state. So whoever declares a contract lets everything else depend on it, **the Kubernetes provider
too**: a provider that was changed before the refusal would replace all its resources when it is set back.
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

KEPT = ("settings", "cluster")


class ContractProvider(ResourceProvider):
    """Keeps properties and touches nothing outside the state."""

    serialize_as_secret_always = False  # it captures nothing: what is stored is this class's name

    def check(self, olds: Props, news: Props) -> CheckResult:
        """Refuse what must not change. ``olds`` are the inputs in state; none at the first deployment."""
        inputs, sentences = contract_inputs.checked(olds, news, _is_unknown)
        # No property is named: the sentence names the setting as the stack file does.
        return CheckResult(inputs, [CheckFailure("", sentence) for sentence in sentences])

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """An update where anything differs; never a replacement."""
        return DiffResult(changes=contract_inputs.differs(olds, news, _is_unknown), replaces=[])

    def create(self, props: Props) -> CreateResult:
        """Keep the properties."""
        return CreateResult(str(props["settings"]["clusterName"]), _kept(props))

    def read(self, id_: str, props: Props) -> ReadResult:
        """What is kept is in the state alone."""
        return ReadResult(id_, _kept(props), _kept(props))

    def update(self, _id: str, olds: Props, news: Props) -> UpdateResult:
        """Keep the new properties."""
        return UpdateResult(_kept(news))

    def delete(self, _id: str, props: Props) -> None:
        """Forget them: what comes after a destroy is a first deployment."""


class Contract(Resource, module="tenancy", name="Contract"):
    """The settings of a tenancy that must not change, and the cluster it is in. Holds no secret."""

    def __init__(
        self,
        resource_name: str,
        settings: ImmutableSettings,
        cluster: ClusterId | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare them; everything else is to depend on this.

        ``resource_name`` must not follow from the cluster's name, else a renamed cluster is another resource and has
        nothing to be compared with. ``cluster`` None: it could not be asked, and the one known stays.
        """
        props: dict[str, Any] = {
            "settings": settings.as_props(),
            "cluster": cluster.as_props() if cluster else None,
        }
        super().__init__(ContractProvider(), resource_name, props, opts)


def _is_unknown(value: object) -> bool:
    return isinstance(value, pulumi.output.Unknown)


def _kept(props: Props) -> Props:
    return {key: props[key] for key in KEPT if props.get(key) is not None}
