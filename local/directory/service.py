"""Start and stop the directory. Every step looks at what is there first, so an interrupted start is simply repeated."""

import time
import uuid
from collections.abc import Callable

import ldap3
from ldap3.core.exceptions import LDAPEntryAlreadyExistsResult, LDAPNoSuchObjectResult

from local import processes
from local.commands import tail
from local.directory import instance
from local.directory.client import PasswordRefused, connection
from local.directory.endpoint import ADMIN, MANAGER, TENANCY, Endpoint
from local.directory.ldif import Entry
from local.failure import Failure
from local.paths import State
from local.progress import Report

START_SECONDS = 30.0
POLL_SECONDS = 0.1

Action = Callable[[State], None]


def start_supervised(state: State) -> None:
    """Start the server under supervisord, which must be up."""
    processes.start(state, "directory")


def stop_supervised(state: State) -> None:
    """Stop the server under supervisord; fine when nothing runs."""
    processes.stop(state, "directory")


def prepare(state: State, *, endpoint: Endpoint = TENANCY) -> None:
    """Make passwords, instance folder and certificate where they are missing; call it while the server is stopped.

    Raises:
        Failure: 389-ds is not installed, or its tools failed.
    """
    instance.prepare(state, endpoint)


def up(
    state: State,
    report: Report,
    *,
    endpoint: Endpoint = TENANCY,
    start: Action = start_supervised,
    stop: Action = stop_supervised,
) -> None:
    """Bring the directory to where it answers over verified LDAPS with all its entries in.

    Raises:
        Failure: it cannot be set up, or does not answer within 30 s.
    """
    with report.step("Directory server") as step:
        if is_ready(state, endpoint=endpoint):
            step.skip("answers already")
            return
        stop(state)
        prepare(state, endpoint=endpoint)
        start(state)
        _wait(state, endpoint)
        _put_entries(state, endpoint)


def down(state: State, *, stop: Action = stop_supervised) -> None:
    """Stop the server; data and passwords stay."""
    stop(state)


def is_ready(state: State, *, endpoint: Endpoint = TENANCY) -> bool:
    """Whether the server answers over verified LDAPS, takes admin's password and holds its last entry."""
    try:
        with connection(state, endpoint, ADMIN, "admin") as directory:
            return _holds(directory, instance.entries(state)[-1])
    except Failure:
        return False


def _wait(state: State, endpoint: Endpoint) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with connection(state, endpoint, MANAGER, "manager"):
                return
        except PasswordRefused:
            raise
        except Failure as failure:
            if time.monotonic() > deadline:
                raise _not_ready(state, endpoint, failure) from failure
        time.sleep(POLL_SECONDS)


def _not_ready(state: State, endpoint: Endpoint, last: Failure) -> Failure:
    errors = state.directory / "logs" / "errors"
    said = f":\n{tail(errors)}" if errors.exists() else ""
    return Failure(
        f"the directory at {endpoint} is not ready after {START_SECONDS:g} s; last try: {last.what}{said}",
        way_on="mend what the log names and run make up again",
        log=errors if errors.exists() else state.logs / "directory.log",
    )


def _put_entries(state: State, endpoint: Endpoint) -> None:
    entries = instance.entries(state)
    with connection(state, endpoint, MANAGER, "manager") as directory:
        if _holds(directory, entries[-1]):
            return
        for entry in entries:
            attributes = entry.as_mapping()
            if "ipaUniqueID" in attributes:
                attributes["ipaUniqueID"] = [str(uuid.uuid4())]
            try:
                directory.add(entry.dn, attributes=attributes)  # type: ignore[no-untyped-call]
            except LDAPEntryAlreadyExistsResult:
                continue


def _holds(directory: ldap3.Connection, entry: Entry) -> bool:
    try:
        return bool(directory.search(entry.dn, "(objectClass=*)", ldap3.BASE, attributes=["1.1"]))
    except LDAPNoSuchObjectResult:
        return False
