"""Groups of the running local directory, for the time of a test."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import uuid4

from ldap3.core.exceptions import LDAPNoSuchObjectResult

from local.directory.client import connection
from local.directory.endpoint import ADMIN, TENANCY, group_dn, user_dn
from local.paths import State


@contextmanager
def directory_group(state: State, group: str, *members: str) -> Iterator[None]:
    """Create a group of the directory with these users inside the block."""
    classes = ["top", "groupofnames", "nestedgroup", "ipausergroup", "ipaobject"]
    attributes: dict[str, str | list[str]] = {
        "cn": group,
        "ipaUniqueID": str(uuid4()),
        "description": "for the tests",
    }
    if members:
        attributes["member"] = [user_dn(member) for member in members]
    delete_group(state, group)
    with connection(state, TENANCY, ADMIN, "admin") as ipa:
        ipa.add(group_dn(group), classes, attributes)  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        delete_group(state, group)


def delete_group(state: State, group: str) -> None:
    """Delete a group, if there is one."""
    with connection(state, TENANCY, ADMIN, "admin") as ipa, suppress(LDAPNoSuchObjectResult):
        ipa.delete(group_dn(group))  # type: ignore[no-untyped-call]
