"""A deployment's group: created, verified, updated and deleted only if the deployment owns it.

The directory is asked through the settings that are about to be used, at every server, before anything changes: wrong
settings would lock all users out, and another directory with the same suffix would let its own users in.
"""

from dataclasses import dataclass

from components.freeipa import errors, group_errors, group_mark
from components.freeipa.errors import Attempt
from components.freeipa.groups import Group, LookUp, open_groups
from components.freeipa.replicas import read_on_each_server
from components.freeipa.settings import Directory
from components.ownership.mark import Owner, read_mark


@dataclass(frozen=True)
class Declared:
    """The group as the program declares it, with the settings to use."""

    directory: Directory
    suffix: str
    name: str
    description: str
    mark: str | None
    """The owner's mark; None if the program gives none."""
    adopt: bool
    """Whether a group without this owner's mark may be used."""

    @property
    def owner(self) -> Owner | None:
        """The deployment that declares the group."""
        return group_mark.owner_of(self.mark)

    @property
    def text(self) -> str:
        """The description in the directory."""
        return group_mark.marked(self.description, self.mark)


@dataclass(frozen=True)
class Identity:
    """What distinguishes the group from another one of the same name; empty where it is not known."""

    unique_id: str
    directory_id: str

    @classmethod
    def of(cls, found: LookUp) -> "Identity":
        """Return the identity of a group that exists."""
        return cls(found.group.unique_id if found.group else "", found.directory_id)


@dataclass(frozen=True)
class Deployed:
    """The group as the stack's state knows it."""

    directory: Directory | None
    """Settings of the last deployment; None if they are no longer valid."""
    identity: Identity | None
    """None in a state of a version before 0.3.0."""


@dataclass(frozen=True)
class Managed:
    """The group after a change."""

    identity: Identity
    is_adopted: bool
    """Whether the group existed before and had another or no owner."""


def check_new(declared: Declared, password: str) -> None:
    """Check that every server can be used, and that the group does not exist or may be used. Changes nothing.

    Raises:
        FreeIpaError: a server cannot be used.
        Refusal: the group must not be used.
    """
    for reading in read_on_each_server(declared.directory, declared.suffix, declared.name, password):
        if reading.group is not None:
            _check_use(declared, reading.group, reading.attempt)


def create_group(declared: Declared, password: str) -> Managed:
    """Add the group; use an existing one only if it is this owner's, its earlier destroy kept it, or it is adopted.

    A run that was killed after it added the group leaves one with this owner's mark.

    Raises:
        FreeIpaError: as in :func:`check_new`, or the change failed.
    """
    if len(declared.directory.servers) > 1:  # a single one is proved by the change itself
        check_new(declared, password)
    is_adopted = False
    with open_groups(declared.directory, declared.suffix, password) as ipa:
        try:
            ipa.add_group(declared.name, declared.text)
        except errors.AlreadyExists as refusal:
            group = ipa.find_group(declared.name)
            if group is None:  # an entry exists that the permissions for user groups do not show
                raise group_errors.NotAUserGroup(refusal.attempt) from None
            is_adopted = _check_use(declared, group, refusal.attempt)
            if group.description != declared.text:
                ipa.set_description(declared.name, declared.text)
        return Managed(Identity.of(ipa.look_up(declared.name)), is_adopted)


def verify_deployed(declared: Declared, deployed: Deployed, password: str) -> Managed:
    """Check that the settings lead to the stack's own group, and that it has no other owner. Changes nothing.

    Changed settings are checked at every server; those that were used before may be down.

    Raises:
        FreeIpaError: a server cannot be used.
        Refusal: the group is missing, is another one, or has another owner.
    """
    changed = declared.directory != deployed.directory
    readings = _read_all(declared, deployed, password) if changed else [_read_one(declared, password)]
    expected = deployed.identity
    if expected is None and changed:
        expected = _identity_before(declared, deployed, readings, password)
    for reading in readings:
        group = reading.group
        if group is None:
            raise group_errors.GroupMissing(reading.attempt) if changed else errors.NoSuchEntry(reading.attempt)
        if expected is not None:
            _check_identity(expected, reading, adopt=declared.adopt)
        owner = read_mark(group.description)
        if owner is not None and not declared.adopt and not group_mark.belongs_to(group.description, declared.owner):
            raise group_errors.OfAnotherOwner(reading.attempt, group_mark.describe_owner(group.description))
    first = readings[0]
    text = first.group.description if first.group else ""
    is_foreign = read_mark(text) is not None and not group_mark.belongs_to(text, declared.owner)
    is_another = expected is not None and _differs(expected, Identity.of(first))
    return Managed(Identity.of(first), is_adopted=is_foreign or is_another)


def update_group(declared: Declared, deployed: Deployed, password: str) -> Managed:
    """Verify the group as :func:`verify_deployed` does, then set its description with the mark.

    Raises:
        FreeIpaError: the group was not verified, or the change failed.
    """
    managed = verify_deployed(declared, deployed, password)
    with open_groups(declared.directory, declared.suffix, password) as ipa:
        group = ipa.find_group(declared.name)
        if group is None or group.description != declared.text:
            ipa.set_description(declared.name, declared.text)
    return managed


def delete_group(declared: Declared, password: str, *, keep: bool) -> str | None:
    """Delete the group, or mark it as kept. A group without this deployment's mark is not touched.

    Returns:
        A message if the group was not touched; None if it was, or does not exist.

    Raises:
        FreeIpaError: no server could be used, or the change failed.
    """
    owner = declared.owner
    with open_groups(declared.directory, declared.suffix, password) as ipa:
        group = ipa.find_group(declared.name)
        if group is None:
            return None
        if owner is None or not group_mark.is_own(group.description, owner):
            return (
                f"the FreeIPA group {declared.name} was not changed: {group_mark.describe_owner(group.description)}; "
                f"if nobody uses it any more, delete it with: ipa group-del {declared.name}"
            )
        if keep:
            ipa.set_description(declared.name, group_mark.kept(declared.description, owner))
        else:
            ipa.delete_group(declared.name)
    return None


def delete_kept_group(directory: Directory, suffix: str, name: str, owner: Owner, password: str) -> bool:
    """Delete a group that a destroy of this stack in this cluster kept. Return False if the group does not exist.

    Args:
        directory: the servers and the account.
        suffix: the directory's suffix.
        name: the group's name.
        owner: the stack and the cluster; the deployment is not compared, because it ended with its destroy.
        password: the account's password.

    Raises:
        AlreadyExists: the group is in use, or belongs to another or no owner; it is not changed.
        FreeIpaError: no server could be used, or the change failed.
    """
    with open_groups(directory, suffix, password) as ipa:
        found = ipa.look_up(name)
        if found.group is None:
            return False
        mark = read_mark(found.group.description)
        if mark is None or not mark.is_kept or not mark.belongs_to(owner):
            raise errors.AlreadyExists(found.attempt, group_mark.describe_owner(found.group.description))
        return ipa.delete_group(name)


def _check_use(declared: Declared, group: Group, attempt: Attempt) -> bool:
    """Return whether the use of an existing group is an adoption.

    Raises:
        AlreadyExists: it belongs to no or another deployment, and is not adopted.
        NotAUserGroup: it is not a user group.
    """
    is_ours = group_mark.belongs_to(group.description, declared.owner)
    if not is_ours and not declared.adopt:
        raise errors.AlreadyExists(attempt, group_mark.describe_owner(group.description))
    if not group.is_user_group:
        raise group_errors.NotAUserGroup(attempt)
    return not is_ours


def _read_all(declared: Declared, deployed: Deployed, password: str) -> list[LookUp]:
    before = deployed.directory
    used_before = before.servers if before and before.tls == declared.directory.tls else ()
    return read_on_each_server(declared.directory, declared.suffix, declared.name, password, used_before)


def _read_one(declared: Declared, password: str) -> LookUp:
    with open_groups(declared.directory, declared.suffix, password) as ipa:
        return ipa.look_up(declared.name)


def _identity_before(declared: Declared, deployed: Deployed, readings: list[LookUp], password: str) -> Identity | None:
    """Return the identity of the group of an older state: from a server that is still used, or with the old settings.

    Raises:
        NotComparable: neither is possible, and the group is not adopted.
    """
    before = deployed.directory
    for reading in readings:
        if before and reading.attempt.server in map(str, before.servers) and reading.group:
            return Identity.of(reading)
    if declared.adopt:
        return None
    try:
        if before:
            with open_groups(before, declared.suffix, password) as ipa:
                found = ipa.look_up(declared.name)
            if found.group is not None:
                return Identity.of(found)
    except errors.FreeIpaError as failure:
        raise group_errors.NotComparable(readings[0].attempt, str(failure)) from None
    raise group_errors.NotComparable(readings[0].attempt)


def _check_identity(expected: Identity, reading: LookUp, *, adopt: bool) -> None:
    """Compare what was found with what was deployed. A group that was created again may be adopted.

    Raises:
        AnotherDirectory: the directory differs.
        AnotherGroup: the group differs, and is not adopted.
    """
    found = Identity.of(reading)
    if found.directory_id and expected.directory_id and found.directory_id != expected.directory_id:
        raise group_errors.AnotherDirectory(reading.attempt, f"{found.directory_id}, not {expected.directory_id}")
    if _differs(expected, found) and not adopt:
        raise group_errors.AnotherGroup(reading.attempt, f"ipaUniqueID {found.unique_id}, not {expected.unique_id}")


def _differs(expected: Identity, found: Identity) -> bool:
    return bool(expected.unique_id) and expected.unique_id != found.unique_id
