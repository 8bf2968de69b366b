"""``FreeIpaGroup``: a FreeIPA user group as a Pulumi resource; a thin shell over :mod:`components.freeipa.groups`.

**The path of this module and the name of the provider class are a contract with every stack's state**: a provider
is stored there as a reference to them. Who moves or renames either leaves an import under the old name behind, or no
deployed stack can be refreshed or destroyed.

ldap3 is imported inside the methods that talk to the directory: a preview needs none of it.
"""

import os
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Literal

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

from components.freeipa import errors, group_inputs, names
from components.freeipa.group_inputs import Props

if TYPE_CHECKING:
    from components.freeipa.groups import Group, Groups

REPLICATION_PAUSES_SECONDS = (0.0, 0.5, 1.0, 2.0)
"""Before each look for a group. One made a moment ago may not have reached the server that is asked."""


class FreeIpaGroupProvider(ResourceProvider):
    """Create, read, update and delete of one group, each over a connection of its own.

    The bind password is no property: it is read inside the call, from the environment variable
    ``FREEIPA_BIND_PASSWORD``, else from the stack's secret ``pangeo:identityBindPassword``.
    """

    serialize_as_secret_always = False  # it captures nothing: what is stored is this class's name

    def __init__(self) -> None:
        super().__init__()
        self._configured_password: str | None = None

    def __reduce__(self) -> tuple[type["FreeIpaGroupProvider"], tuple[()]]:
        return (FreeIpaGroupProvider, ())  # whatever the instance came to know stays out of the state

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the stack's secret in this process's memory. Nothing is contacted."""
        self._configured_password = req.config.get(errors.PASSWORD_CONFIG_KEY)

    def check(self, olds: Props, news: Props) -> CheckResult:
        """Refuse what cannot work, a changed name above all. Touches no network."""
        inputs, failures = group_inputs.complete_inputs(olds, news, _is_unknown)
        return CheckResult(inputs, [CheckFailure(field, sentence) for field, sentence in failures])

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """An update where anything differs; never a replacement."""
        changes = group_inputs.has_changes(olds, news, _is_unknown)
        return DiffResult(changes=changes, replaces=[], delete_before_replace=True)

    def create(self, props: Props) -> CreateResult:
        """Add the group; take over one that exists only by the operator's choice, or if an earlier stack kept it."""
        with self._groups(props) as ipa:
            try:
                ipa.add_group(props["name"], props["description"])
                adopted = False
            except errors.AlreadyExists as refusal:
                adopted = _take_over(ipa, props, refusal)
        return CreateResult(_dn(props), _outputs(props, adopted=adopted))

    def read(self, id_: str, props: Props) -> ReadResult:
        """What the directory holds; gone only if it is gone on second thought too."""
        group = self._find(props)
        if group is None:
            return ReadResult("", {})
        live = {**props, "description": group.description}
        return ReadResult(id_, _outputs(live, adopted=bool(props.get("adopted"))), group_inputs.inputs_of(live))

    def update(self, _id: str, olds: Props, news: Props) -> UpdateResult:
        """Mend the description; every other change concerns later calls and touches nothing in the directory."""
        if olds.get("description") != news["description"]:
            with self._groups(news) as ipa:
                ipa.set_description(news["name"], news["description"])
        return UpdateResult(_outputs(news, adopted=bool(olds.get("adopted"))))

    def delete(self, _id: str, props: Props) -> None:
        """Delete the group, unless it was there before us (left as it is) or ``protect`` holds (left and marked)."""
        if props.get("adopted"):
            return
        with self._groups(props) as ipa:
            if not props.get("protect", True):
                ipa.delete_group(props["name"])
                return
            try:
                ipa.set_description(props["name"], props["description"].removesuffix(names.KEPT) + names.KEPT)
            except errors.NoSuchEntry:
                return

    def _find(self, props: Props) -> "Group | None":
        directory = group_inputs.directory(props)
        for look, pause_seconds in enumerate(REPLICATION_PAUSES_SECONDS):
            time.sleep(pause_seconds)
            turned = {**props, "servers": [str(server) for server in directory.beginning_with(look).servers]}
            with self._groups(turned) as ipa:
                group = ipa.find_group(props["name"])
            if group is not None:
                return group
        return None

    def _groups(self, props: Props) -> "AbstractContextManager[Groups]":
        from components.freeipa.groups import groups

        password = os.environ.get(errors.PASSWORD_VARIABLE) or self._configured_password
        if not password:
            raise errors.PasswordMissing
        return groups(group_inputs.directory(props), props["suffix"], password)


class FreeIpaGroup(Resource, module="freeipa", name="Group"):
    """The FreeIPA group whose members may use a hub. Its members belong to FreeIPA and are never touched."""

    dn: pulumi.Output[str]
    """Known in a preview too: it follows from the name and the suffix."""
    name: pulumi.Output[str]
    description: pulumi.Output[str]
    adopted: pulumi.Output[bool]
    """Whether the group was there before this stack; such a one is never deleted."""

    def __init__(
        self,
        resource_name: str,
        *,
        servers: Sequence[pulumi.Input[str]],
        bind_dn: pulumi.Input[str],
        suffix: pulumi.Input[str],
        group_name: pulumi.Input[str],
        description: pulumi.Input[str],
        tls: pulumi.Input[str] = "ldaps",
        ca_certificate: pulumi.Input[str] | None = None,
        existing_group: pulumi.Input[Literal["refuse", "adopt"]] = "refuse",
        protect: pulumi.Input[bool] = True,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the group.

        ``resource_name`` must not follow from the cluster's name, else a renamed cluster is another resource and the
        refusal of a changed name never gets to speak. ``servers`` are host names with an optional port, tried in
        order; ``ca_certificate`` is PEM, None trusts what the system trusts. While ``protect`` is true the group
        outlives ``pulumi destroy``, marked, and the next ``pulumi up`` takes it back.
        """
        props: dict[str, Any] = {
            "servers": list(servers),
            "tls": tls,
            "caCertificate": ca_certificate,
            "bindDn": bind_dn,
            "suffix": suffix,
            "name": group_name,
            "description": description,
            "existingGroup": existing_group,
            "protect": protect,
            "dn": None,
            "adopted": None,
        }
        own = pulumi.ResourceOptions(delete_before_replace=True)
        super().__init__(FreeIpaGroupProvider(), resource_name, props, pulumi.ResourceOptions.merge(own, opts))


def _is_unknown(value: object) -> bool:
    return isinstance(value, pulumi.output.Unknown)


def _dn(props: Props) -> str:
    return names.group_dn(props["suffix"], props["name"])


def _outputs(props: Props, *, adopted: bool) -> Props:
    return {**group_inputs.inputs_of(props), "dn": _dn(props), "adopted": adopted}


def _take_over(ipa: "Groups", props: Props, refusal: errors.AlreadyExists) -> bool:
    """Use the group that exists, if it may be used, and say whether it is adopted rather than our own.

    One that carries our description with the mark of :meth:`FreeIpaGroupProvider.delete` is our own. So is one with our
    very description and nobody in it: a run that was killed after the directory had made it, and before it heard of it,
    leaves such a one, and nobody loses or gains anything by its being taken up.
    """
    group = ipa.find_group(props["name"])
    if group is None:  # there is an entry, and it is none that a user group's permissions show
        raise errors.NotAUserGroup(refusal.attempt)
    adopt = props.get("existingGroup") == "adopt"
    ours = group.description == props["description"] + names.KEPT
    if not ours and not adopt:
        ours = group.description == props["description"] and group.is_user_group and ipa.is_empty(props["name"])
    if not ours and not adopt:
        raise refusal
    if not group.is_user_group:
        raise errors.NotAUserGroup(refusal.attempt)
    if group.description != props["description"]:
        ipa.set_description(props["name"], props["description"])
    return not ours
