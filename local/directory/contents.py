"""The directory's entries: missing ones are added, those of an earlier version of this project are completed."""

import uuid
from collections.abc import Sequence

import ldap3
from ldap3.core.exceptions import LDAPNoSuchObjectResult

from local.directory import instance
from local.directory.client import connection
from local.directory.endpoint import MANAGER, Endpoint
from local.directory.ldif import Entry
from local.paths import State

COMPLETED = ("objectClass", "aci", "krbPrincipalName")
"""The attributes of existing entries that are completed; others may have been changed by hand."""

SCHEMA = "cn=schema"

Values = dict[str, list[str]]


def complete(state: State, endpoint: Endpoint) -> int:
    """Add what the schema and the entries lack; return the number of entries that were added or changed.

    Raises:
        Failure: the server does not answer, or refuses an operation.
    """
    with connection(state, endpoint, MANAGER, "manager") as directory:
        incomplete = [
            (entry, values) for entry in instance.entries(state) if (values := _missing_values(directory, entry))
        ]
        if incomplete:
            _complete_schema(directory)
        for entry, values in incomplete:
            if values == entry.as_mapping():
                _add(directory, entry.dn, values)
            else:
                _modify(directory, entry.dn, values)
    return len(incomplete)


def _missing_values(directory: ldap3.Connection, entry: Entry) -> Values:
    """Return the values that the server's entry lacks; all values if there is no entry."""
    present = _read(directory, entry.dn, COMPLETED)
    if present is None:
        return entry.as_mapping()
    return {
        name: missing
        for name, values in entry.as_mapping().items()
        if name in COMPLETED
        if (missing := [value for value in values if value.lower() not in present[name]])
    }


def _complete_schema(directory: ldap3.Connection) -> None:
    """Add missing definitions. They are compared by object identifier, because the server changes their spelling."""
    kinds = sorted({kind for kind, _ in instance.definitions()})
    present = _read(directory, SCHEMA, kinds) or {}
    known = {_number(definition) for kind in kinds for definition in present.get(kind, ())}
    # One at a time: a class may need attributes that come before it.
    for kind, definition in instance.definitions():
        if _number(definition) not in known:
            _modify(directory, SCHEMA, {kind: [definition]})


def _number(definition: str) -> str:
    """Return the object identifier of ``( 1.2.3 NAME …``."""
    return definition.lstrip("( ").partition(" ")[0]


def _read(directory: ldap3.Connection, dn: str, names: Sequence[str]) -> Values | None:
    """Return the entry's values in lower case, with an empty list for a missing attribute; None without an entry."""
    try:
        directory.search(dn, "(objectClass=*)", ldap3.BASE, attributes=list(names))
    except LDAPNoSuchObjectResult:
        return None
    [item] = directory.response or [{"raw_attributes": {}}]
    raw = {name.lower(): values for name, values in item["raw_attributes"].items()}
    return {name: [value.decode().lower() for value in raw.get(name.lower(), ())] for name in names}


def _add(directory: ldap3.Connection, dn: str, values: Values) -> None:
    if "ipaUniqueID" in values:
        values = {**values, "ipaUniqueID": [str(uuid.uuid4())]}
    directory.add(dn, attributes=values)  # type: ignore[no-untyped-call]


def _modify(directory: ldap3.Connection, dn: str, values: Values) -> None:
    changes = {name: [(ldap3.MODIFY_ADD, added)] for name, added in values.items()}
    directory.modify(dn, changes)  # type: ignore[no-untyped-call]
