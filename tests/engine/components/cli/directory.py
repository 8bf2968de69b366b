"""Users and groups of these tests in the directory, with the Kerberos attributes of FreeIPA's users."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import ldap3

from local import directory as local_directory
from local.directory.client import connection
from local.directory.endpoint import MANAGER, USERS
from tests.support.administrator import Administrator
from tests.support.directory import ThrowAwayDirectory
from tests.support.hub_users import USER_CLASSES

CLUSTER = "day-two"
MEMBERS = "day_two_notebook_users"
INNER = "day_two_inner"
"""Group that is a member of ``MEMBERS``."""

IN, OUT, NESTED, LOCKED, EXPIRED, STALE = "anna", "carl", "nested", "lukas", "xenia", "stella"
"""A member, no member, a member through ``INNER``; members with disabled or expired account, or expired password."""

PAST = "20240131120000Z"

READ_KERBEROS = "System: Read User Kerberos Attributes"


@dataclass
class Directory:
    """The directory, with changes that its administrator makes."""

    server: ThrowAwayDirectory

    def join(self, group: str, *users: str) -> None:
        for user in users:
            local_directory.grant(self.server.state, user, group, endpoint=self.server.endpoint)

    def members(self, group: str = MEMBERS) -> list[str]:
        with Administrator.at(self.server) as administrator:
            return sorted(dn.partition(",")[0].partition("=")[2] for dn in administrator.members(group))

    @contextmanager
    def without_group(self) -> Iterator[None]:
        """Delete the users' group during the block."""
        with Administrator.at(self.server) as administrator:
            members = administrator.members(MEMBERS)
            administrator.delete(MEMBERS)
            try:
                yield
            finally:
                administrator.make(MEMBERS, "group of the command tests", members)

    @contextmanager
    def without_permission(self) -> Iterator[None]:
        """Remove the permission to read Kerberos attributes and locks during the block."""
        with connection(self.server.state, self.server.endpoint, MANAGER, "manager") as manager:
            manager.search(USERS, "(objectClass=*)", ldap3.BASE, attributes=["aci"])
            [permission] = [str(each) for each in manager.entries[0]["aci"] if READ_KERBEROS in str(each)]
            _modify(manager, USERS, {"aci": [(ldap3.MODIFY_DELETE, [permission])]})
            try:
                yield
            finally:
                _modify(manager, USERS, {"aci": [(ldap3.MODIFY_ADD, [permission])]})


def create_users(server: ThrowAwayDirectory) -> Directory:
    """Create the users and groups."""
    more: dict[str, dict[str, list[str]]] = {
        LOCKED: {"nsAccountLock": ["true"]},
        EXPIRED: {"krbPrincipalExpiration": [PAST]},
        STALE: {"krbPasswordExpiration": [PAST]},
    }
    with connection(server.state, server.endpoint, MANAGER, "manager") as manager:
        for number, user in enumerate((IN, OUT, NESTED, LOCKED, EXPIRED, STALE)):
            attributes = {
                "uid": user,
                "cn": user,
                "sn": user,
                "uidNumber": str(671000200 + number),
                "gidNumber": str(671000200 + number),
                "homeDirectory": f"/home/{user}",
                "ipaUniqueID": f"00000000-0000-0000-0001-{number:012}",
                "krbPrincipalName": f"{user}@{server.realm}",
                **more.get(user, {}),
            }
            classes = [*USER_CLASSES, "krbPrincipalAux"]
            manager.add(server.user_dn(user), classes, attributes)  # type: ignore[no-untyped-call]
    directory = Directory(server)
    with Administrator.at(server) as administrator:
        for group in (MEMBERS, INNER):
            administrator.make(group, "group of the command tests")
        administrator.add_members(MEMBERS, [server.group_dn(INNER)])
    directory.join(MEMBERS, IN, LOCKED, EXPIRED, STALE)
    directory.join(INNER, NESTED)
    return directory


def _modify(bound: ldap3.Connection, dn: str, changes: dict[str, Any]) -> None:
    bound.modify(dn, changes)  # type: ignore[no-untyped-call]
