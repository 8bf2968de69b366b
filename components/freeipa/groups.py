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

ATTRIBUTES = ("cn", "description", "objectClass")
"""All that is ever read of a group; never ``member``, so that reading costs the same however many there are."""

SENTINEL_GROUP = "admins"
"""A group that is there in every FreeIPA and cannot be removed (freeipa, ``ipaserver/plugins/group.py``)."""


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

        A directory hides from an account what it may not read, and does not even say that it is not there. So FreeIPA's
        group ``admins``, which every directory has, is asked for along with ours: if that one is seen, ours would be.

        Raises:
            NotVisible: no group is visible to the account.
            ParentMissing: there is no place for groups; another directory answers.
            DirectoryError: as the sentence says.
        """
        name = names.group_name(name)
        doing = f"looking for group {name}"
        either = f"(|(cn={name})(cn={SENTINEL_GROUP}))"  # the characters of a checked name need no escape here
        entries = self._session.children(names.groups_container(self._suffix), either, ATTRIBUTES, doing)
        if entries is None:
            raise errors.ParentMissing(self._session.attempt(doing))
        if not entries:
            raise errors.NotVisible(self._session.attempt(doing))
        for entry in entries:
            if name in (value.lower() for value in entry.get("cn", ())):
                classes = {value.lower() for value in entry.get("objectclass", ())}
                text = next(iter(entry.get("description", ())), "")
                return Group(names.group_dn(self._suffix, name), name, text, "ipausergroup" in classes)
        return None

    def is_empty(self, name: str) -> bool:
        """Whether nobody is in the group, without reading who is; False too where the account may not see members.

        Raises:
            DirectoryError: as the sentence says.
        """
        name = names.group_name(name)
        empty = f"(&(cn={name})(!(member=*)))"
        doing = f"looking whether anybody is in group {name}"
        return bool(self._session.children(names.groups_container(self._suffix), empty, ("cn",), doing))

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
        with self._gone_told_from_forbidden(name):
            self._session.replace(dn, "description", description, f"describing group {name}")

    def delete_group(self, name: str) -> bool:
        """Delete the group; False where it was gone already.

        Raises:
            DirectoryError: as the sentence says.
        """
        name = names.group_name(name)
        try:
            with self._gone_told_from_forbidden(name):
                self._session.delete(names.group_dn(self._suffix, name), f"deleting group {name}")
        except errors.NoSuchEntry:
            return False
        return True

    @contextmanager
    def _gone_told_from_forbidden(self, name: str) -> Iterator[None]:
        """389-ds answers 50 to a change of what is not there, unless the account may do everything."""
        try:
            yield
        except errors.NotPermitted as refusal:
            if self.find_group(name) is None:
                raise errors.NoSuchEntry(refusal.attempt) from None
            raise
