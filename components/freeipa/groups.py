"""FreeIPA's user groups over LDAP, as FreeIPA's own API would leave them. Members are never read and never touched."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from components.freeipa import errors, names
from components.freeipa.connection import Session, connected
from components.freeipa.settings import Directory

OBJECT_CLASSES = ("top", "groupofnames", "nestedgroup", "ipausergroup", "ipaobject")
"""What ``ipa group-add --nonposix`` gives a group (freeipa, ``install/share/bootstrap-template.ldif``).

Without ``ipausergroup`` no delegated permission covers the entry, without ``nestedgroup`` memberships do not nest.
"""

UNIQUE_ID = "autogenerate"
"""FreeIPA's ipa-uuid plugin replaces it by a UUID; any other value needs the Directory Manager."""


@dataclass(frozen=True)
class Group:
    """A group as the directory holds it, without its members."""

    dn: str
    name: str
    description: str
    is_user_group: bool


@contextmanager
def groups(directory: Directory, suffix: str, password: str) -> Iterator["Groups"]:
    """The groups below ``suffix`` over one connection, closed at the end.

    Raises:
        FreeIpaError: no server could be used, or the log-in was refused.
    """
    with connected(directory, password) as session:
        yield Groups(session, suffix)


class Groups:
    """What can be done with the groups of one directory over one session."""

    def __init__(self, session: Session, suffix: str) -> None:
        self._session = session
        self._suffix = suffix

    def find_group(self, name: str) -> Group | None:
        """The group, or None where there is none.

        Raises:
            ParentMissing: there is no group because there is no place for groups: another directory answers.
            DirectoryError: as the sentence says.
        """
        name = names.group_name(name)
        dn = names.group_dn(self._suffix, name)
        doing = f"looking for group {name}"
        entry = self._session.entry(dn, ["cn", "description", "objectClass"], doing)
        if entry is None:
            self._require_container(doing)
            return None
        classes = {value.lower() for value in entry.get("objectclass", ())}
        return Group(dn, name, next(iter(entry.get("description", ())), ""), "ipausergroup" in classes)

    def add_group(self, name: str, description: str) -> Group:
        """A new, empty group without a GID; one round trip.

        Raises:
            AlreadyExists: there is an entry of that name, which is left as it is.
            DirectoryError: as the sentence says.
        """
        name = names.group_name(name)
        description = names.description(description)
        dn = names.group_dn(self._suffix, name)
        doing = f"adding group {name}"
        attributes = {"cn": name, "description": description, "ipaUniqueID": UNIQUE_ID}
        try:
            self._session.add(dn, OBJECT_CLASSES, attributes, doing)
        except errors.NoSuchEntry as error:
            raise errors.ParentMissing(error.attempt) from None
        return Group(dn, name, description, is_user_group=True)

    def set_description(self, name: str, description: str) -> None:
        """Give the group this description; one round trip.

        Raises:
            NoSuchEntry: the group is gone.
            DirectoryError: as the sentence says.
        """
        name = names.group_name(name)
        description = names.description(description)
        dn = names.group_dn(self._suffix, name)
        self._session.replace(dn, "description", description, f"describing group {name}")

    def delete_group(self, name: str) -> bool:
        """Delete the group; False where it was gone already.

        Raises:
            DirectoryError: as the sentence says.
        """
        name = names.group_name(name)
        try:
            self._session.delete(names.group_dn(self._suffix, name), f"deleting group {name}")
        except errors.NoSuchEntry:
            return False
        return True

    def _require_container(self, doing: str) -> None:
        container = names.groups_container(self._suffix)
        if self._session.entry(container, ["cn"], doing) is None:
            raise errors.ParentMissing(self._session.attempt(doing))
