"""``FreeIpaGroup``: a FreeIPA user group as a Pulumi resource, based on :mod:`components.freeipa.managed_group`.

**Do not move this module or rename its provider class.** Every stack's state contains a reference to both. Without an
import under the old name, no deployed stack could be refreshed or destroyed.

ldap3 is imported only in methods that connect to the directory, since a preview without changes does not need it.
"""

import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

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

from components.dynamic_provider import ConfiguredProvider, is_unknown
from components.freeipa import errors, group_errors, group_inputs, group_mark, names
from components.freeipa.group_inputs import Props
from components.freeipa.password import bind_password
from components.ownership.mark import read_mark

if TYPE_CHECKING:
    from components.freeipa.groups import LookUp
    from components.freeipa.managed_group import Declared, Deployed, Identity

REPLICATION_PAUSES_SECONDS = (0.0, 0.5, 1.0, 2.0)
"""Pause before each search for a group. A new group may not have been replicated to the server yet."""


class FreeIpaGroupProvider(ConfiguredProvider):
    """Creates, reads, updates and deletes one group, each over a connection of its own.

    The bind password is not a property. Each call reads it from the environment variable ``FREEIPA_BIND_PASSWORD``, or
    from the stack's secret ``pangeo:identityBindPassword``.
    """

    config_key = errors.PASSWORD_CONFIG_KEY

    _is_preview = False
    """Whether the last ``check`` was one of a preview. The engine calls ``diff`` after it in the same process."""

    def check(self, olds: Props, news: Props) -> CheckResult:
        """Fill in defaults; refuse missing inputs and a changed name or suffix.

        In a preview of a new group, also refuse settings that do not work and a group that must not be used.
        """
        self._is_preview = bool(news.get(group_inputs.PREVIEW))
        inputs, failures = group_inputs.complete_inputs(olds, news, is_unknown)
        if self._is_preview and not olds and not failures:
            from components.freeipa import managed_group

            # The property is left empty because the message names the key of the stack's file.
            refusal = self._preview(inputs, lambda password: managed_group.check_new(_declared(inputs), password))
            failures += [("", refusal)] if refusal else []
        return CheckResult(inputs, [CheckFailure(key, message) for key, message in failures])

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Request an update if an input differs, and never a replacement.

        In a preview of changed settings or of another owner, also refuse what :meth:`update` would refuse.
        """
        changes = group_inputs.has_changes(olds, news, is_unknown)
        if changes and self._is_preview and group_inputs.concerns_directory(olds, news):
            from components.freeipa import managed_group

            refusal = self._preview(
                news, lambda password: managed_group.verify_deployed(_declared(news), _deployed(olds), password)
            )
            if refusal:
                raise group_errors.PreviewRefused(refusal)
        return DiffResult(changes=changes, replaces=[], delete_before_replace=True)

    def create(self, props: Props) -> CreateResult:
        """Add the group, after every server was tried. Use an existing one only if it is ours, kept, or adopted."""
        from components.freeipa import managed_group

        managed = managed_group.create_group(_declared(props), self._password())
        return CreateResult(_dn(props), _outputs(props, managed.identity, adopted=managed.is_adopted))

    def read(self, id_: str, props: Props) -> ReadResult:
        """Read the group. It counts as deleted only if repeated searches do not find it.

        The mark is shown as the input that it comes from. It is missing if the group is another one than the deployed.
        """
        from components.freeipa.managed_group import Identity

        found = self._find(props)
        if found is None or found.group is None:
            return ReadResult("", {})
        text, live = found.group.description, Identity.of(found)
        deployed = _deployed(props).identity
        live_mark = read_mark(text) if deployed in (None, live) else None
        description = group_mark.without_mark(text)
        inputs = {**props, "description": description, "mark": str(live_mark) if live_mark else None}
        state = _outputs(inputs, deployed, adopted=bool(props.get("adopted")))
        return ReadResult(id_, state, group_inputs.inputs_of(inputs))

    def update(self, _id: str, olds: Props, news: Props) -> UpdateResult:
        """Look for the group through the new settings, at every server; then set its description with the mark."""
        from components.freeipa import managed_group

        was_adopted, deployed = bool(olds.get("adopted")), _deployed(olds)
        if not group_inputs.concerns_directory(olds, news):
            return UpdateResult(_outputs(news, deployed.identity, adopted=was_adopted))
        managed = managed_group.update_group(_declared(news), deployed, self._password())
        return UpdateResult(_outputs(news, managed.identity, adopted=was_adopted or managed.is_adopted))

    def delete(self, _id: str, props: Props) -> None:
        """Delete the group, or keep a protected one with a note. An adopted or foreign one is not changed."""
        from components.freeipa import managed_group

        if props.get("adopted"):
            return
        message = managed_group.delete_group(_declared(props), self._password(), keep=bool(props.get("protect", True)))
        if message:
            _notify(message)

    def _preview(self, props: Props, verify: Callable[[str], object]) -> str | None:
        """Return why the settings or the group are refused; without access, print a notice instead.

        Args:
            props: the inputs of this run.
            verify: asks the directory, with the password.
        """
        switch = f"{errors.DIRECTORY_CHECK_VARIABLE}=warn"
        name = props["name"]
        if group_inputs.has_unknown(props, is_unknown):
            _notify("the FreeIPA group was not checked: some of its settings are not known before pulumi up")
            return None
        try:
            verify(self._password())
        except errors.PasswordMissing as missing:
            _notify(f"the FreeIPA group {name} and the settings in identity were not checked: {missing}")
        except errors.Refusal as refusal:
            return str(refusal)
        except errors.FreeIpaError as failure:
            if os.environ.get(errors.DIRECTORY_CHECK_VARIABLE) != "warn":
                is_down = isinstance(failure, errors.Unreachable | errors.AllServersFailed | group_errors.ServersFailed)
                return f"{failure}; to preview without the directory, set {switch}" if is_down else str(failure)
            _notify(f"the FreeIPA group {name} was not checked ({switch}): {failure}")
        return None

    def _find(self, props: Props) -> "LookUp | None":
        from components.freeipa.groups import open_groups

        directory = group_inputs.directory(props)
        for attempt, pause_seconds in enumerate(REPLICATION_PAUSES_SECONDS):
            time.sleep(pause_seconds)
            with open_groups(directory.beginning_with(attempt), props["suffix"], self._password()) as ipa:
                found = ipa.look_up(props["name"])
            if found.group is not None:
                return found
        return None

    def _password(self) -> str:
        return bind_password(os.environ, lambda: self._configured)


class FreeIpaGroup(Resource, module="freeipa", name="Group"):
    """FreeIPA group whose members may use a hub. Its members are managed in FreeIPA and never changed here."""

    dn: pulumi.Output[str]
    """DN of the group; it follows from the name and the suffix, so it is known during a preview."""
    name: pulumi.Output[str]
    description: pulumi.Output[str]
    adopted: pulumi.Output[bool]
    """Whether the group existed before this stack and had another or no owner. Such a group is never deleted."""

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
        mark: pulumi.Input[str] | None = None,
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
            protect: keep the group, with a note, at ``pulumi destroy``; the next ``pulumi up`` uses it again.
            mark: text with the group's owner (``Contract.mark``), written into the description. Without it, a group
                that exists is never the stack's own, and a destroy does not touch the group.
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
            "mark": mark,
            group_inputs.PREVIEW: pulumi.runtime.is_dry_run(),
            "dn": None,
            "adopted": None,
        }
        own = pulumi.ResourceOptions(delete_before_replace=True)
        super().__init__(FreeIpaGroupProvider(), resource_name, props, pulumi.ResourceOptions.merge(own, opts))


def _dn(props: Props) -> str:
    return names.group_dn(props["suffix"], props["name"])


def _outputs(props: Props, identity: "Identity | None", *, adopted: bool) -> Props:
    known = {"uniqueId": identity.unique_id, "directoryId": identity.directory_id} if identity else {}
    return {**group_inputs.inputs_of(props), "dn": _dn(props), "adopted": adopted, **known}


def _declared(props: Props) -> "Declared":
    from components.freeipa.managed_group import Declared

    return Declared(
        directory=group_inputs.directory(props),
        suffix=props["suffix"],
        name=props["name"],
        description=props["description"],
        mark=props.get("mark"),
        adopt=props.get("existingGroup") == "adopt",
    )


def _deployed(props: Props) -> "Deployed":
    from components.freeipa.managed_group import Deployed, Identity

    try:
        directory = group_inputs.directory(props)
    except errors.InvalidSetting:
        directory = None
    identity = Identity(props["uniqueId"], props.get("directoryId", "")) if "uniqueId" in props else None
    return Deployed(directory, identity)


def _notify(message: str) -> None:
    """Print a message that the engine shows; the command continues."""
    print(message, file=sys.stderr, flush=True)
