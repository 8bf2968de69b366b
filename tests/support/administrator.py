"""Changes of a FreeIPA administrator, over a connection that shares no code with the program."""

import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import ldap3
from ldap3.core.exceptions import LDAPNoSuchObjectResult

from local.directory.client import connection as directory_connection
from local.directory.endpoint import MANAGER
from tests.support.directory import ThrowAwayDirectory

OPERATIONS = re.compile(r"conn=(\d+) op=\d+ (BIND|SRCH|ADD|MOD|DEL|EXT) (.*)")


class Administrator:
    def __init__(self, directory: ThrowAwayDirectory, connection: ldap3.Connection) -> None:
        self._directory = directory
        self._connection: Any = connection
        self._names: set[str] = set()
        self._log = directory.state.directory / "logs" / "access"
        self._log_end = self._log.stat().st_size

    @classmethod
    @contextmanager
    def at(cls, directory: ThrowAwayDirectory) -> Iterator["Administrator"]:
        tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=str(directory.ca_file))
        server = ldap3.Server(directory.host, directory.ldaps_port, use_ssl=True, tls=tls, get_info=ldap3.NONE)
        with ldap3.Connection(
            server, directory.admin_dn, directory.password("admin"), receive_timeout=10, raise_exceptions=True
        ) as connection:
            yield cls(directory, connection)

    def entry(self, group: str) -> dict[str, list[str]] | None:
        """Return all attributes of the group, or None if there is no such group."""
        self._names.add(group)
        try:
            self._connection.search(self._directory.group_dn(group), "(objectClass=*)", ldap3.BASE, attributes=["*"])
        except LDAPNoSuchObjectResult:
            return None
        raw = self._connection.response[0]["raw_attributes"]
        return {name: [value.decode() for value in values] for name, values in raw.items()}

    def description(self, group: str) -> str:
        entry = self.entry(group)
        assert entry is not None
        return entry["description"][0]

    def members(self, group: str) -> list[str]:
        return (self.entry(group) or {}).get("member", [])

    def make(
        self, group: str, description: str, members: Sequence[str] = (), classes: Sequence[str] = (), **more: str
    ) -> None:
        self._names.add(group)
        attributes = {"cn": group, "description": description, "ipaUniqueID": "00000000-0000-0000-0000-000000000000"}
        self._connection.add(
            self._directory.group_dn(group),
            list(classes or ("top", "groupofnames", "nestedgroup", "ipausergroup", "ipaobject")),
            {**attributes, **more, **({"member": list(members)} if members else {})},
        )

    def add_members(self, group: str, members: Sequence[str]) -> None:
        self._change(self._directory.group_dn(group), {"member": [(ldap3.MODIFY_ADD, list(members))]})

    def describe(self, group: str, description: str) -> None:
        self._change(self._directory.group_dn(group), {"description": [(ldap3.MODIFY_REPLACE, [description])]})

    def set_password(self, dn: str, password: str) -> None:
        self._change(dn, {"userPassword": [(ldap3.MODIFY_REPLACE, [password])]})

    def delete(self, group: str) -> None:
        self._connection.delete(self._directory.group_dn(group))

    @contextmanager
    def locked(self, dn: str) -> Iterator[None]:
        """Lock the account inside the block."""
        self._change(dn, {"nsAccountLock": [(ldap3.MODIFY_REPLACE, ["true"])]})
        try:
            yield
        finally:
            self._change(dn, {"nsAccountLock": [(ldap3.MODIFY_DELETE, [])]})

    def forget_log(self) -> None:
        """Ignore all earlier entries of the access log."""
        self._log_end = self._log.stat().st_size

    def served(self) -> list[tuple[str, str]]:
        """Return the kind and log entry of each later operation of other clients, in their order."""
        with self._log.open() as log:
            log.seek(self._log_end)
            lines = log.readlines()
        mine = {line.split()[2] for line in lines if self._directory.admin_dn in line}
        found = [match for line in lines if (match := OPERATIONS.search(line))]
        return [(match[2], match[3]) for match in found if f"conn={match[1]}" not in mine]

    def delete_groups(self) -> None:
        for group in self._names:
            if self.entry(group) is not None:
                self.delete(group)

    def _change(self, dn: str, changes: dict[str, list[tuple[str, list[str]]]]) -> None:
        self._connection.modify(dn, changes)


@contextmanager
def hidden_from_accounts(directory: ThrowAwayDirectory, container: str, permission: str) -> Iterator[None]:
    """Remove a permission by which all accounts read the entries below ``container``, inside the block."""
    with directory_connection(directory.state, directory.endpoint, MANAGER, "manager") as connection:
        manager: Any = connection
        manager.search(container, "(objectClass=*)", ldap3.BASE, attributes=["aci"])
        values = manager.response[0]["raw_attributes"]["aci"]
        [removed] = [value for value in values if permission.encode() in value]
        manager.modify(container, {"aci": [(ldap3.MODIFY_DELETE, [removed])]})
        try:
            yield
        finally:
            manager.modify(container, {"aci": [(ldap3.MODIFY_ADD, [removed])]})
