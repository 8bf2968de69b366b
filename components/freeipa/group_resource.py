"""``FreeIpaGroup``: a FreeIPA user group as a Pulumi resource, based on :mod:`components.freeipa.groups`.

**Do not move this module or rename its provider class.** Every stack's state contains a reference to both. Without an
import under the old name, no deployed stack could be refreshed or destroyed.

ldap3 is imported only in methods that connect to the directory, since a preview does not need it.
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
from components.freeipa.password import bind_password

if TYPE_CHECKING:
    from components.freeipa.groups import Group, Groups

REPLICATION_PAUSES_SECONDS = (0.0, 0.5, 1.0, 2.0)
"""Pause before each search for a group. A new group may not have been replicated to the server yet."""


class FreeIpaGroupProvider(ResourceProvider):
    """Creates, reads, updates and deletes one group, each over a connection of its own.

    The bind password is not a property. Each call reads it from the environment variable ``FREEIPA_BIND_PASSWORD``, or
    from the stack's secret ``pangeo:identityBindPassword``.
    """

    serialize_as_secret_always = False  # the state contains only a reference to this class

    def __init__(self) -> None:
        super().__init__()
        self._configured_password: str | None = None

    def __reduce__(self) -> tuple[type["FreeIpaGroupProvider"], tuple[()]]:
        return (FreeIpaGroupProvider, ())  # keeps the instance's password out of the state

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the stack's secret in this process's memory, without a connection."""
        self._configured_password = req.config.get(errors.PASSWORD_CONFIG_KEY)

    def check(self, olds: Props, news: Props) -> CheckResult:
        """Fill in defaults; refuse missing inputs and a changed name or suffix. Makes no connection."""
        inputs, failures = group_inputs.complete_inputs(olds, news, _is_unknown)
        return CheckResult(inputs, [CheckFailure(key, message) for key, message in failures])

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Request an update if an input differs, and never a replacement."""
        changes = group_inputs.has_changes(olds, news, _is_unknown)
        return DiffResult(changes=changes, replaces=[], delete_before_replace=True)

    def create(self, props: Props) -> CreateResult:
        """Add the group. Use an existing one only if the stack file allows it, or an earlier destroy kept it."""
        with self._groups(props) as ipa:
            try:
                ipa.add_group(props["name"], props["description"])
                adopted = False
            except errors.AlreadyExists as refusal:
                adopted = _take_over(ipa, props, refusal)
        return CreateResult(_dn(props), _outputs(props, adopted=adopted))

    def read(self, id_: str, props: Props) -> ReadResult:
        """Read the group. It counts as deleted only if repeated searches do not find it."""
        group = self._find(props)
        if group is None:
            return ReadResult("", {})
        live = {**props, "description": group.description}
        return ReadResult(id_, _outputs(live, adopted=bool(props.get("adopted"))), group_inputs.inputs_of(live))

    def update(self, _id: str, olds: Props, news: Props) -> UpdateResult:
        """Update the description; other changes apply to later connections and do not change the directory."""
        if olds.get("description") != news["description"]:
            with self._groups(news) as ipa:
                ipa.set_description(news["name"], news["description"])
        return UpdateResult(_outputs(news, adopted=bool(olds.get("adopted"))))

    def delete(self, _id: str, props: Props) -> None:
        """Delete the group. An adopted one is not changed; a protected one is kept, with a mark in its description."""
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
        for attempt, pause_seconds in enumerate(REPLICATION_PAUSES_SECONDS):
            time.sleep(pause_seconds)
            rotated = {**props, "servers": [str(server) for server in directory.beginning_with(attempt).servers]}
            with self._groups(rotated) as ipa:
                group = ipa.find_group(props["name"])
            if group is not None:
                return group
        return None

    def _groups(self, props: Props) -> "AbstractContextManager[Groups]":
        from components.freeipa.groups import open_groups

        password = bind_password(os.environ, lambda: self._configured_password)
        return open_groups(group_inputs.directory(props), props["suffix"], password)


class FreeIpaGroup(Resource, module="freeipa", name="Group"):
    """FreeIPA group whose members may use a hub. Its members are managed in FreeIPA and never changed here."""

    dn: pulumi.Output[str]
    """DN of the group; it follows from the name and the suffix, so it is known during a preview."""
    name: pulumi.Output[str]
    description: pulumi.Output[str]
    adopted: pulumi.Output[bool]
    """Whether the group existed before this stack. Such a group is never deleted."""

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

        Args:
            resource_name: must not depend on the cluster's name: otherwise a renamed cluster would declare another
                resource, and a changed group name would not be refused.
            servers: ``host:port`` of the directory's servers, in the order to try them.
            bind_dn: DN of the account that manages the group.
            suffix: the directory's suffix.
            group_name: the group's name, in lower case.
            description: the group's description.
            tls: ``ldaps`` or ``starttls``.
            ca_certificate: PEM text; None for the authorities that the system trusts.
            existing_group: whether to refuse or to adopt a group that already exists.
            protect: keep the group, with a mark, at ``pulumi destroy``; the next ``pulumi up`` uses it again.
            opts: the resource's options.
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
    """Use the existing group if that is allowed, and return whether it is adopted.

    A group is this stack's own, and not adopted, if it has the stack's description with the mark of
    :meth:`FreeIpaGroupProvider.delete`, or the stack's description and no members. A run that is killed after the
    directory created the group leaves the latter; using it changes no user's permissions.

    Raises:
        AlreadyExists: the group must not be used.
        NotAUserGroup: the entry is not a user group.
    """
    group = ipa.find_group(props["name"])
    if group is None:  # an entry exists that the permissions for user groups do not show
        raise errors.NotAUserGroup(refusal.attempt)
    adopt = props.get("existingGroup") == "adopt"
    is_own = group.description == props["description"] + names.KEPT
    if not is_own and not adopt:
        is_own = group.description == props["description"] and group.is_user_group and ipa.is_empty(props["name"])
    if not is_own and not adopt:
        raise refusal
    if not group.is_user_group:
        raise errors.NotAUserGroup(refusal.attempt)
    if group.description != props["description"]:
        ipa.set_description(props["name"], props["description"])
    return not is_own
