"""Operations of directory clients; each returns the server's result code."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ldap3

from tests.support.directory import ThrowAwayDirectory

FREEIPA_GROUP_CLASSES = ["top", "groupOfNames", "nestedGroup", "ipaUserGroup", "ipaObject"]
SUCCESS, INSUFFICIENT_ACCESS, OBJECT_CLASS_VIOLATION = 0, 50, 65


@contextmanager
def open_connection(
    directory: ThrowAwayDirectory,
    account: str | None = None,
    *,
    tls: str = "ldaps",
    host: str = "localhost",
    ca_file: Path | None = None,
) -> Iterator[ldap3.Connection]:
    """Open a bound connection that verifies the server; anonymous without ``account``."""
    verified = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=str(ca_file or directory.ca_file))
    ldaps = tls == "ldaps"
    port = directory.ldaps_port if ldaps else directory.ldap_port
    server = ldap3.Server(host, port=port, use_ssl=ldaps, tls=verified, connect_timeout=5, get_info=ldap3.NONE)
    dn = directory.reader_dn if account == "reader" else account and directory.user_dn(account)
    connection = ldap3.Connection(server, user=dn, password=account and directory.password(account), receive_timeout=10)
    connection.open()
    if tls == "starttls":
        assert connection.start_tls()
    assert connection.bind(), connection.result
    try:
        yield connection
    finally:
        connection.unbind()


def read_entry(connection: ldap3.Connection, dn: str) -> dict[str, list[str]]:
    """Return the non-empty attributes of an entry that the connection may read."""
    connection.search(dn, "(objectClass=*)", ldap3.BASE, attributes=["*", "memberOf"])
    if not connection.entries:
        return {}
    return {name: values for name, values in connection.entries[0].entry_attributes_as_dict.items() if values}


def add_group(connection: ldap3.Connection, dn: str, members: list[str]) -> int:
    attributes: dict[str, str | list[str]] = {"description": "of a test", "ipaUniqueID": "autogenerate"}
    if members:
        attributes["member"] = members
    connection.add(dn, FREEIPA_GROUP_CLASSES, attributes)  # type: ignore[no-untyped-call]
    return int(connection.result["result"])


def add_member(connection: ldap3.Connection, group_dn: str, member_dn: str) -> int:
    connection.modify(group_dn, {"member": [(ldap3.MODIFY_ADD, [member_dn])]})  # type: ignore[no-untyped-call]
    return int(connection.result["result"])


def delete(connection: ldap3.Connection, dn: str) -> int:
    connection.delete(dn)  # type: ignore[no-untyped-call]
    return int(connection.result["result"])
