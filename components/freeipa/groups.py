"""FreeIPA's user groups over LDAP, with the entries that FreeIPA's API creates. Members are never read or changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from components.freeipa import errors, names
from components.freeipa.connection import Entry
from components.freeipa.errors import Attempt
from components.freeipa.session import Session, open_session
from components.freeipa.settings import Directory

OBJECT_CLASSES = ("top", "groupofnames", "nestedgroup", "ipausergroup", "ipaobject")
"""Object classes of a group by ``ipa group-add --nonposix`` (freeipa, ``install/share/bootstrap-template.ldif``).

Without ``ipausergroup`` no delegated permission covers the entry, without ``nestedgroup`` memberships do not nest.
"""

UNIQUE_ID = "autogenerate"
"""Value that FreeIPA's ipa-uuid plugin replaces with a UUID; any other value needs the Directory Manager."""

ATTRIBUTES = ("cn", "description", "objectClass", "ipaUniqueID")
"""Attributes that are read of a group. Without ``member``, the cost does not depend on the number of members."""


@dataclass(frozen=True)
class Group:
    """Group in the directory, without its members."""

    dn: str
    name: str
    description: str
    is_user_group: bool
    unique_id: str = field(default="", compare=False)
    """The entry's ``ipaUniqueID``, the same on all replicas; empty for a group that was just added."""


@dataclass(frozen=True)
class LookUp:
    """Result of a search for a group."""

    group: Group | None
    directory_id: str
    """``ipaUniqueID`` of FreeIPA's group ``admins``: the same on all replicas, another one in another directory."""
    attempt: Attempt
    """Description of the search, for an error about its result."""


@contextmanager
def open_groups(directory: Directory, suffix: str, password: str) -> Iterator["Groups"]:
    """Give the groups below ``suffix`` over one connection, which is closed at the end.

    Raises:
        FreeIpaError: no server could be used, or the log-in was refused.
    """
    with open_session(directory, password) as session:
        yield Groups(session, suffix)


class Groups:
    """Groups of one directory over one session."""

    def __init__(self, session: Session, suffix: str) -> None:
        self._session = session
        self._suffix = suffix

    def find_group(self, name: str) -> Group | None:
        """Return the group, or None if it does not exist.

        Raises:
            DirectoryError: as in :meth:`look_up`.
        """
        return self.look_up(name).group

    def look_up(self, name: str) -> LookUp:
        """Search for the group, and read which directory this is.

        A directory hides entries that an account may not read, without an error. So the search includes FreeIPA's group
        ``admins``: if the account sees that group, it would see the other one too.

        Raises:
            NotVisible: no group is visible to the account.
            ParentMissing: the container of groups does not exist.
            DirectoryError: the search failed.
        """
        name = names.group_name(name)
        attempt = self._session.attempt(f"looking for group {name}")
        either = f"(|(cn={name})(cn={names.SENTINEL_GROUP}))"  # the name has been checked, so it needs no escape
        container = names.groups_container(self._suffix)
        entries = self._session.children(container, either, ATTRIBUTES, attempt.operation)
        if not entries:
            exists = self._session.exists(container, attempt.operation)
            raise errors.NotVisible(attempt) if exists else errors.ParentMissing(attempt)
        found = {value.lower(): entry for entry in entries for value in entry.get("cn", ())}
        return LookUp(
            self._group(name, found[name]) if name in found else None,
            _first_value(found.get(names.SENTINEL_GROUP, {}), "ipauniqueid"),
            attempt,
        )

    def _group(self, name: str, entry: Entry) -> Group:
        classes = {value.lower() for value in entry.get("objectclass", ())}
        return Group(
            names.group_dn(self._suffix, name),
            name,
            _first_value(entry, "description"),
            is_user_group="ipausergroup" in classes,
            unique_id=_first_value(entry, "ipauniqueid"),
        )

    def add_group(self, name: str, description: str) -> Group:
        """Add an empty group without a GID, in one round trip.

        Raises:
            AlreadyExists: an entry of that name exists; it is not changed.
            DirectoryError: the change failed.
        """
        name = names.group_name(name)
        description = names.description(description)
        dn = names.group_dn(self._suffix, name)
        operation = f"adding group {name}"
        attributes = {"cn": name, "description": description, "ipaUniqueID": UNIQUE_ID}
        try:
            self._session.add(dn, OBJECT_CLASSES, attributes, operation)
        except errors.NoSuchEntry as error:
            raise errors.ParentMissing(error.attempt) from None
        return Group(dn, name, description, is_user_group=True)

    def set_description(self, name: str, description: str) -> None:
        """Set the group's description, in one round trip.

        Raises:
            NoSuchEntry: the group does not exist.
            DirectoryError: the change failed.
        """
        name = names.group_name(name)
        description = names.description(description)
        dn = names.group_dn(self._suffix, name)
        with self._missing_entry_detected(name):
            self._session.replace(dn, "description", description, f"describing group {name}")

    def delete_group(self, name: str) -> bool:
        """Delete the group. Return False if it did not exist.

        Raises:
            DirectoryError: the change failed.
        """
        name = names.group_name(name)
        try:
            with self._missing_entry_detected(name):
                self._session.delete(names.group_dn(self._suffix, name), f"deleting group {name}")
        except errors.NoSuchEntry:
            return False
        return True

    @contextmanager
    def _missing_entry_detected(self, name: str) -> Iterator[None]:
        """Raise NoSuchEntry for a missing group: 389-ds answers 50 (not permitted) to accounts with limited rights."""
        try:
            yield
        except errors.NotPermitted as refusal:
            if self.find_group(name) is None:
                raise errors.NoSuchEntry(refusal.attempt) from None
            raise


def _first_value(entry: Entry, attribute: str) -> str:
    return next(iter(entry.get(attribute, ())), "")
