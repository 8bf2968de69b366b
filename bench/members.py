"""Scientists made for a measurement: in the directory and in a tenancy's group; gone afterwards with all they had."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import ldap3
from ldap3.core.exceptions import LDAPNoSuchAttributeResult, LDAPNoSuchObjectResult

from bench.cluster import forget_volumes
from bench.people import Hub, Scientist, local_hub
from local.directory import ADMIN, TENANCY, group_dn, user_dn
from local.directory.client import connection
from local.paths import State
from local.tenancy.credentials import password

FIRST_UID = 671_900_000
CLASSES = ("top", "person", "organizationalPerson", "inetOrgPerson", "inetUser", "posixAccount", "ipaObject")


@contextmanager
def scientists(state: State, count: int) -> Iterator[Sequence[Scientist]]:
    """``count`` new members of the local tenancy, known to nobody after the block, their volumes deleted.

    Raises:
        HubFailed: the hub does not forget one.
    """
    hub = local_hub(state)
    with members(state, hub, count) as people:
        try:
            yield people
        finally:
            _forget_at(hub, state, [one.name for one in people])


@contextmanager
def members(state: State, hub: Hub, count: int) -> Iterator[Sequence[Scientist]]:
    """``count`` new members of a hub's group, unknown to the directory after the block; the hub forgets nobody."""
    word, run = secrets.token_hex(8), secrets.token_hex(2)
    names = [f"bench{run}n{number:03d}" for number in range(count)]
    try:
        _add(state, hub.group, names, word)
        yield [Scientist(name, word, hub) for name in names]
    finally:
        _remove(state, hub.group, names)


def _forget_at(hub: Hub, state: State, names: Sequence[str]) -> None:
    admin = Scientist("admin", password(state, "directory", "admin"), hub)
    admin.log_in()
    for name in names:
        admin.remove(name)
    forget_volumes(state, names)


def _add(state: State, group: str, names: Sequence[str], word: str) -> None:
    with connection(state, TENANCY, ADMIN, "admin") as admin:
        for number, name in enumerate(names):
            attributes = {
                "uid": name,
                "cn": name,
                "sn": name,
                "uidNumber": FIRST_UID + number,
                "gidNumber": FIRST_UID + number,
                "homeDirectory": f"/home/{name}",
                "ipaUniqueID": "autogenerate",
            }
            admin.add(user_dn(name), list(CLASSES), attributes)  # type: ignore[no-untyped-call]
            # Admins may set a password, but add no entry that has one.
            admin.modify(user_dn(name), {"userPassword": [(ldap3.MODIFY_REPLACE, [word])]})  # type: ignore[no-untyped-call]
        added = {"member": [(ldap3.MODIFY_ADD, [user_dn(name) for name in names])]}
        admin.modify(group_dn(group), added)  # type: ignore[no-untyped-call]


def _remove(state: State, group: str, names: Sequence[str]) -> None:
    with connection(state, TENANCY, ADMIN, "admin") as admin:
        for name in names:
            gone = {"member": [(ldap3.MODIFY_DELETE, [user_dn(name)])]}
            with suppress(LDAPNoSuchAttributeResult, LDAPNoSuchObjectResult):
                admin.modify(group_dn(group), gone)  # type: ignore[no-untyped-call]
            with suppress(LDAPNoSuchObjectResult):
                admin.delete(user_dn(name))  # type: ignore[no-untyped-call]
