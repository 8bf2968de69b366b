"""Who is in the directory for these tests, and in which groups."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import ldap3

from local import directory as local_directory
from local.directory.client import connection
from tests.support.administrator import Administrator
from tests.support.directory import ThrowAwayDirectory

PASSWORD = "a 100 % right pässword"
WRONG = "a wrong password"

CLUSTER = "hub-tests"
MEMBERS = "hub_tests_notebook_users"
INNER = "hub_tests_inner"
"""A member of ``MEMBERS`` itself."""
ADMINS = "hub_tests_admins"
MODELLERS = "hub_tests_modellers"

UNUSUAL_NAMES = ("1eve", "_x", "j.doe-2", ".dot")
USER_CLASSES = ("top", "person", "organizationalPerson", "inetOrgPerson", "inetUser", "posixAccount", "ipaObject")


@dataclass
class People:
    """The directory's users and groups, as its administrator changes them."""

    directory: ThrowAwayDirectory

    def add(self, *users: str) -> None:
        """New users, all with ``PASSWORD``."""
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
                    "ipaUniqueID": f"00000000-0000-0000-0000-{number:012}",
                }
                dn = self.directory.user_dn(user)
                admin.add(dn, list(USER_CLASSES), attributes)  # type: ignore[no-untyped-call]
                admin.modify(dn, {"userPassword": [(ldap3.MODIFY_REPLACE, [PASSWORD])]})  # type: ignore[no-untyped-call]

    def join(self, group: str, *users: str) -> None:
        for user in users:
            local_directory.grant(self.directory.state, user, group, endpoint=self.directory.endpoint)

    def leave(self, group: str, *users: str) -> None:
        for user in users:
            local_directory.revoke(self.directory.state, user, group, endpoint=self.directory.endpoint)

    @contextmanager
    def locked(self, user: str) -> Iterator[None]:
        """The user cannot log in inside the block."""
        with Administrator.at(self.directory) as administrator, administrator.locked(self.directory.user_dn(user)):
            yield


def settled(directory: ThrowAwayDirectory) -> People:
    """``anna``, ``mona`` and those with unusual names are members, ``nested`` by way of ``INNER``, nobody else."""
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
