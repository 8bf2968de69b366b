"""Faults and lock-outs of a real directory server, set in its configuration."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import ldap3

from local.directory.client import connection
from local.directory.endpoint import MANAGER
from tests.support.directory import ThrowAwayDirectory

FAULTS = ("minimum SSF", "database disabled")
"""Faults at a log-in. 389-ds answers the first with 53, and the second (as during an import) not at all."""


@contextmanager
def faulty(server: ThrowAwayDirectory, fault: str) -> Iterator[None]:
    """Let the server fail inside the block, for connections that begin in it."""
    if fault == "minimum SSF":
        settings = "cn=config", {"nsslapd-minssf": "512"}, {"nsslapd-minssf": "0"}
    else:
        suffix = server.suffix.replace("=", r"\3D").replace(",", r"\2C")
        tree = f"cn={suffix},cn=mapping tree,cn=config"
        settings = tree, {"nsslapd-state": "disabled"}, {"nsslapd-state": "backend"}
    with _configured(server, *settings):
        yield


@contextmanager
def locking_accounts(server: ThrowAwayDirectory, failures: int) -> Iterator[None]:
    """Let the server lock accounts after some failed log-ins, inside the block."""
    on = {"passwordLockout": "on", "passwordMaxFailure": str(failures)}
    with _configured(server, "cn=config", on, {"passwordLockout": "off"}):
        yield


@contextmanager
def _configured(
    server: ThrowAwayDirectory, dn: str, during: Mapping[str, str], afterwards: Mapping[str, str]
) -> Iterator[None]:
    # The connection is opened before the fault, so that it can end it.
    with connection(server.state, server.endpoint, MANAGER, "manager") as manager:

        def change(values: Mapping[str, str]) -> None:
            changes = {name: [(ldap3.MODIFY_REPLACE, [value])] for name, value in values.items()}
            manager.modify(dn, changes)  # type: ignore[no-untyped-call]

        change(during)
        try:
            yield
        finally:
            change(afterwards)
