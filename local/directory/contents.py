"""What the directory holds: entries put in where they are missing, and completed where an earlier version made them."""

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
"""What an entry that is there already is given where it lacks it; all else may have been changed by hand since."""

SCHEMA = "cn=schema"

Values = dict[str, list[str]]


def complete(state: State, endpoint: Endpoint) -> int:
    """Put in what is missing of the schema and the entries; how many entries were put in or changed.

    Raises:
        Failure: the server does not answer, or refuses something.
    """
    with connection(state, endpoint, MANAGER, "manager") as directory:
        lacking = [(entry, values) for entry in instance.entries(state) if (values := _lacking(directory, entry))]
        if lacking:
            _complete_schema(directory)
        for entry, values in lacking:
            if values == entry.as_mapping():
                _add(directory, entry.dn, values)
            else:
                _modify(directory, entry.dn, values)
    return len(lacking)


def _lacking(directory: ldap3.Connection, entry: Entry) -> Values:
    """The values that the server's entry should have and has not; all of them where there is no entry."""
    there = _read(directory, entry.dn, COMPLETED)
    if there is None:
        return entry.as_mapping()
    return {
        name: missing
        for name, values in entry.as_mapping().items()
        if name in COMPLETED
        if (missing := [value for value in values if value.lower() not in there[name]])
    }


def _complete_schema(directory: ldap3.Connection) -> None:
    """Definitions are told apart by their numbers: the server writes them in a spelling of its own."""
    kinds = sorted({kind for kind, _ in instance.definitions()})
    there = _read(directory, SCHEMA, kinds) or {}
    known = {_number(definition) for kind in kinds for definition in there.get(kind, ())}
    # One by one: a class may need the attributes before it.
    for kind, definition in instance.definitions():
        if _number(definition) not in known:
            _modify(directory, SCHEMA, {kind: [definition]})


def _number(definition: str) -> str:
    """The object identifier of ``( 1.2.3 NAME …``."""
    return definition.lstrip("( ").partition(" ")[0]


def _read(directory: ldap3.Connection, dn: str, names: Sequence[str]) -> Values | None:
    """The entry's values in small letters, an empty list where it has none; None where there is no entry."""
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
