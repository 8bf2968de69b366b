"""Members of groups, changed as the directory's administrator; for ``make grant`` and ``make revoke``."""

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
    """Make ``user`` a member of ``group``; return False if it is one already.

    Raises:
        Failure: there is no such user or group; the fix lists the existing ones.
    """
    with connection(state, endpoint, ADMIN, "admin") as directory:
        _require(directory, user, group)
        try:
            directory.modify(group_dn(group), {"member": [(ldap3.MODIFY_ADD, [user_dn(user)])]})  # type: ignore[no-untyped-call]
        except LDAPAttributeOrValueExistsResult:
            return False
    return True


def revoke(state: State, user: str, group: str, *, endpoint: Endpoint = TENANCY) -> bool:
    """Remove ``user`` from ``group``; return False if it is no member.

    Raises:
        Failure: there is no such user or group; the fix lists the existing ones.
    """
    with connection(state, endpoint, ADMIN, "admin") as directory:
        _require(directory, user, group)
        try:
            directory.modify(group_dn(group), {"member": [(ldap3.MODIFY_DELETE, [user_dn(user)])]})  # type: ignore[no-untyped-call]
        except LDAPNoSuchAttributeResult:
            return False
    return True


def members(state: State, group: str, *, endpoint: Endpoint = TENANCY) -> list[str]:
    """Return the users that are direct members of ``group``, in name order.

    Raises:
        Failure: there is no such group; the fix lists the existing ones.
    """
    with connection(state, endpoint, ADMIN, "admin") as directory:
        _require_name(directory, "group", group)
        directory.search(group_dn(group), "(objectClass=*)", ldap3.BASE, attributes=["member"])
        found = directory.entries[0].entry_attributes_as_dict.get("member", [])
    return sorted(_name(dn) for dn in found if dn.lower().endswith(USERS.lower()))


def _require(directory: ldap3.Connection, user: str, group: str) -> None:
    # The server accepts a member that does not exist.
    _require_name(directory, "user", user)
    _require_name(directory, "group", group)


def _require_name(directory: ldap3.Connection, kind: str, name: str) -> None:
    base, attribute, object_class = (USERS, "uid", "posixAccount") if kind == "user" else (GROUPS, "cn", "ipaUserGroup")
    directory.search(base, f"(objectClass={object_class})", ldap3.LEVEL, attributes=[attribute])
    existing = sorted(str(entry[attribute]) for entry in directory.entries)
    if name not in existing:
        raise Failure(f"{name!r} is not a {kind} of the directory", fix=f"use one that exists: {', '.join(existing)}")


def _name(dn: str) -> str:
    return dn.partition(",")[0].partition("=")[2]
