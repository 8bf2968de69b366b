"""Users and groups of the directory for the tests of the hub."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import ldap3

from local import directory as local_directory
from local.directory.client import connection
from local.directory.endpoint import MANAGER
from tests.support.administrator import Administrator
from tests.support.directory import ThrowAwayDirectory

PASSWORD = "a 100 % right pässword"
WRONG = "a wrong password"

CLUSTER = "hub-tests"
MEMBERS = "hub_tests_notebook_users"
INNER = "hub_tests_inner"
"""A group that is a member of ``MEMBERS``."""
ADMINS = "hub_tests_admins"
MODELLERS = "hub_tests_modellers"

UNUSUAL_NAMES = ("1eve", "_x", "j.doe-2", ".dot")
USER_CLASSES = ("top", "person", "organizationalPerson", "inetOrgPerson", "inetUser", "posixAccount", "ipaObject")


@dataclass
class People:
    """Changes of the directory's users and groups by its administrator."""

    directory: ThrowAwayDirectory

    def add(self, *users: str) -> None:
        """Add users with the password ``PASSWORD``."""
        state, endpoint = self.directory.state, self.directory.endpoint
        with connection(state, endpoint, local_directory.ADMIN, "admin") as admin:
            for number, user in enumerate(users):
                attributes = {
                    "uid": user,
                    "cn": user,
                    "sn": user,
                    "uidNumber": str(671000100 + number),
                    "gidNumber": str(671000100 + number),
                    "homeDirectory": f"/home/{user}",
                    "ipaUniqueID": str(uuid4()),
                }
                dn = self.directory.user_dn(user)
                admin.add(dn, list(USER_CLASSES), attributes)  # type: ignore[no-untyped-call]
                admin.modify(dn, {"userPassword": [(ldap3.MODIFY_REPLACE, [PASSWORD])]})  # type: ignore[no-untyped-call]

    def remove(self, user: str) -> None:
        """Delete the user, as ``ipa user-del`` does; the directory also removes it from its groups."""
        with connection(self.directory.state, self.directory.endpoint, local_directory.ADMIN, "admin") as admin:
            admin.delete(self.directory.user_dn(user))  # type: ignore[no-untyped-call]

    def unique_id(self, user: str) -> str:
        """Return the user's ``ipaUniqueID``."""
        with connection(self.directory.state, self.directory.endpoint, local_directory.ADMIN, "admin") as admin:
            admin.search(self.directory.user_dn(user), "(objectClass=*)", ldap3.BASE, attributes=["ipaUniqueID"])
            return str(admin.entries[0]["ipaUniqueID"])

    def set_unique_id(self, user: str, value: str) -> None:
        with connection(self.directory.state, self.directory.endpoint, local_directory.ADMIN, "admin") as admin:
            change = {"ipaUniqueID": [(ldap3.MODIFY_REPLACE, [value])]}
            admin.modify(self.directory.user_dn(user), change)  # type: ignore[no-untyped-call]

    def give_name_to_another_person(self, user: str, *groups: str) -> None:
        """Delete the user, and add another one with the same name and password, as a member of the groups."""
        self.remove(user)
        self.add(user)
        for group in groups:
            self.join(group, user)

    def join(self, group: str, *users: str) -> None:
        for user in users:
            local_directory.grant(self.directory.state, user, group, endpoint=self.directory.endpoint)

    def leave(self, group: str, *users: str) -> None:
        for user in users:
            local_directory.revoke(self.directory.state, user, group, endpoint=self.directory.endpoint)

    @contextmanager
    def joined(self, group: str, *users: str) -> Iterator[None]:
        """Make the users members of the group inside the block."""
        self.join(group, *users)
        try:
            yield
        finally:
            self.leave(group, *users)

    @contextmanager
    def nested(self, inner: str, outer: str) -> Iterator[None]:
        """Make a group a member of another one inside the block."""
        member, dn = self.directory.group_dn(inner), self.directory.group_dn(outer)
        with connection(self.directory.state, self.directory.endpoint, MANAGER, "manager") as manager:
            manager.modify(dn, {"member": [(ldap3.MODIFY_ADD, [member])]})  # type: ignore[no-untyped-call]
            try:
                yield
            finally:
                manager.modify(dn, {"member": [(ldap3.MODIFY_DELETE, [member])]})  # type: ignore[no-untyped-call]

    @contextmanager
    def locked(self, user: str) -> Iterator[None]:
        """Lock the user's account inside the block."""
        with Administrator.at(self.directory) as administrator, administrator.locked(self.directory.user_dn(user)):
            yield


def create_users(directory: ThrowAwayDirectory) -> People:
    """Create users and groups: ``anna``, ``mona`` and the unusual names are members, ``nested`` through ``INNER``."""
    people = People(directory)
    people.add("anna", "carl", "nested", "boss", "mona", *UNUSUAL_NAMES)
    with Administrator.at(directory) as administrator:
        for group in (MEMBERS, INNER, ADMINS, MODELLERS):
            administrator.make(group, "for the tests of the hub")
        administrator.add_members(MEMBERS, [directory.group_dn(INNER)])
    people.join(MEMBERS, "anna", "mona", *UNUSUAL_NAMES)
    people.join(INNER, "nested")
    people.join(MODELLERS, "mona")
    return people
