"""Who is in which group: what `make grant` and `make revoke` do, as the directory's administrator."""

import ldap3
from ldap3.core.exceptions import (
    LDAPAttributeOrValueExistsResult,
    LDAPNoSuchAttributeResult,
)

from local.directory.client import connection
from local.directory.endpoint import ADMIN, GROUPS, TENANCY, USERS, Endpoint, group_dn, user_dn
from local.failure import Failure
from local.paths import State


def grant(state: State, user: str, group: str, *, endpoint: Endpoint = TENANCY) -> bool:
    """Make ``user`` a member of ``group``. False when it was one already.

    Raises:
        Failure: no such user or group; the message lists what there is.
    """
    with connection(state, endpoint, ADMIN, "admin") as directory:
        _require(directory, user, group)
        try:
            directory.modify(group_dn(group), {"member": [(ldap3.MODIFY_ADD, [user_dn(user)])]})  # type: ignore[no-untyped-call]
        except LDAPAttributeOrValueExistsResult:
            return False
    return True


def revoke(state: State, user: str, group: str, *, endpoint: Endpoint = TENANCY) -> bool:
    """Take ``user`` out of ``group``. False when it was no member.

    Raises:
        Failure: no such user or group; the message lists what there is.
    """
    with connection(state, endpoint, ADMIN, "admin") as directory:
        _require(directory, user, group)
        try:
            directory.modify(group_dn(group), {"member": [(ldap3.MODIFY_DELETE, [user_dn(user)])]})  # type: ignore[no-untyped-call]
        except LDAPNoSuchAttributeResult:
            return False
    return True


def members(state: State, group: str, *, endpoint: Endpoint = TENANCY) -> list[str]:
    """The users that are direct members of ``group``, in name order.

    Raises:
        Failure: no such group; the message lists what there is.
    """
    with connection(state, endpoint, ADMIN, "admin") as directory:
        _require_name(directory, "group", group)
        directory.search(group_dn(group), "(objectClass=*)", ldap3.BASE, attributes=["member"])
        found = directory.entries[0].entry_attributes_as_dict.get("member", [])
    return sorted(_name(dn) for dn in found if dn.lower().endswith(USERS.lower()))


def _require(directory: ldap3.Connection, user: str, group: str) -> None:
    # the server itself accepts a member that does not exist
    _require_name(directory, "user", user)
    _require_name(directory, "group", group)


def _require_name(directory: ldap3.Connection, kind: str, name: str) -> None:
    base, naming, marker = (USERS, "uid", "posixAccount") if kind == "user" else (GROUPS, "cn", "ipaUserGroup")
    directory.search(base, f"(objectClass={marker})", ldap3.LEVEL, attributes=[naming])
    there = sorted(str(entry[naming]) for entry in directory.entries)
    if name not in there:
        raise Failure(f"{name!r} is not a {kind} of the directory", fix=f"take one that exists: {', '.join(there)}")


def _name(dn: str) -> str:
    return dn.partition(",")[0].partition("=")[2]
