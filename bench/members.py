"""Temporary members of a tenancy: created in the directory for a measurement and removed afterwards."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from uuid import uuid4

import ldap3
from ldap3.core.exceptions import LDAPNoSuchAttributeResult, LDAPNoSuchObjectResult

from local import lifecycle
from local.directory import ADMIN, TENANCY, group_dn, user_dn
from local.directory.client import connection
from local.paths import State
from local.tenancy import web
from tests.support.homes import delete_homes
from tests.support.hub_users import USER_CLASSES
from tests.support.node_capacity import log_in_admin
from tests.support.person import Hub, Person

FIRST_UID = 671_900_000


@contextmanager
def local_members(state: State, count: int) -> Iterator[Sequence[Person]]:
    """Provide new members of the local tenancy; the hub, the directory and the volumes have none of them afterwards.

    Raises:
        HubFailed: the hub does not remove a member.
    """
    with members(state, Hub.at(state, web.url(state)), lifecycle.NOTEBOOK_USERS, count) as people:
        try:
            yield people
        finally:
            admin = log_in_admin(state)
            for person in people:
                admin.remove_user(person.user)
            delete_homes(state, [person.user for person in people])


@contextmanager
def members(state: State, hub: Hub, group: str, count: int) -> Iterator[Sequence[Person]]:
    """Provide new members of a group, removed from the directory, but not from the hub, afterwards."""
    word, run = secrets.token_hex(8), secrets.token_hex(2)
    names = [f"bench{run}n{number:03d}" for number in range(count)]
    try:
        _add(state, group, names, word)
        yield [Person(hub, name, word) for name in names]
    finally:
        _remove(state, group, names)


def member_attributes(name: str, number: int) -> dict[str, str | int]:
    """Return the attributes of a member's entry in the directory."""
    return {
        "uid": name,
        "cn": name,
        "sn": name,
        "uidNumber": FIRST_UID + number,
        "gidNumber": FIRST_UID + number,
        "homeDirectory": f"/home/{name}",
        # The local directory does not replace FreeIPA's word "autogenerate", and the hub refuses users without an id.
        "ipaUniqueID": str(uuid4()),
    }


def _add(state: State, group: str, names: Sequence[str], word: str) -> None:
    with connection(state, TENANCY, ADMIN, "admin") as admin:
        for number, name in enumerate(names):
            admin.add(user_dn(name), list(USER_CLASSES), member_attributes(name, number))  # type: ignore[no-untyped-call]
            # Admins may set a password, but may not add an entry that has one.
            admin.modify(user_dn(name), {"userPassword": [(ldap3.MODIFY_REPLACE, [word])]})  # type: ignore[no-untyped-call]
        added = {"member": [(ldap3.MODIFY_ADD, [user_dn(name) for name in names])]}
        admin.modify(group_dn(group), added)  # type: ignore[no-untyped-call]


def _remove(state: State, group: str, names: Sequence[str]) -> None:
    with connection(state, TENANCY, ADMIN, "admin") as admin:
        for name in names:
            removed = {"member": [(ldap3.MODIFY_DELETE, [user_dn(name)])]}
            with suppress(LDAPNoSuchAttributeResult, LDAPNoSuchObjectResult):
                admin.modify(group_dn(group), removed)  # type: ignore[no-untyped-call]
            with suppress(LDAPNoSuchObjectResult):
                admin.delete(user_dn(name))  # type: ignore[no-untyped-call]
