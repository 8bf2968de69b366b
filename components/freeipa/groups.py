"""FreeIPA's user groups over LDAP, with the entries that FreeIPA's API creates. Members are never read or changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from components.freeipa import errors, names
from components.freeipa.connection import Session, open_session
from components.freeipa.settings import Directory

OBJECT_CLASSES = ("top", "groupofnames", "nestedgroup", "ipausergroup", "ipaobject")
"""Object classes of a group by ``ipa group-add --nonposix`` (freeipa, ``install/share/bootstrap-template.ldif``).

Without ``ipausergroup`` no delegated permission covers the entry, without ``nestedgroup`` memberships do not nest.
"""

UNIQUE_ID = "autogenerate"
"""Value that FreeIPA's ipa-uuid plugin replaces with a UUID; any other value needs the Directory Manager."""

ATTRIBUTES = ("cn", "description", "objectClass")
"""Attributes that are read of a group. Without ``member``, the cost does not depend on the number of members."""

SENTINEL_GROUP = "admins"
"""Group that every FreeIPA has and that cannot be removed (freeipa, ``ipaserver/plugins/group.py``)."""


@dataclass(frozen=True)
class Group:
    """Group in the directory, without its members."""

    dn: str
    name: str
    description: str
    is_user_group: bool


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

        A directory hides entries that an account may not read, without an error. So the search includes FreeIPA's group
        ``admins``: if the account sees that group, it would see the other one too.

        Raises:
            NotVisible: no group is visible to the account.
            ParentMissing: the container of groups does not exist.
            DirectoryError: the search failed.
        """
        name = names.group_name(name)
        operation = f"looking for group {name}"
        either = f"(|(cn={name})(cn={SENTINEL_GROUP}))"  # the name has been checked, so it needs no escape
        entries = self._session.children(names.groups_container(self._suffix), either, ATTRIBUTES, operation)
        if entries is None:
            raise errors.ParentMissing(self._session.attempt(operation))
        if not entries:
            raise errors.NotVisible(self._session.attempt(operation))
        for entry in entries:
            if name in (value.lower() for value in entry.get("cn", ())):
                classes = {value.lower() for value in entry.get("objectclass", ())}
                text = next(iter(entry.get("description", ())), "")
                return Group(names.group_dn(self._suffix, name), name, text, "ipausergroup" in classes)
        return None

    def is_empty(self, name: str) -> bool:
        """Return whether the group has no members, without reading them; False if the account may not see members.

        Raises:
            DirectoryError: the search failed.
        """
        name = names.group_name(name)
        empty = f"(&(cn={name})(!(member=*)))"
        operation = f"checking whether group {name} has members"
        return bool(self._session.children(names.groups_container(self._suffix), empty, ("cn",), operation))

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
