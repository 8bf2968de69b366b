"""Start and stop the directory. Each step first checks what exists, so that an interrupted start can be repeated."""

import time
from collections.abc import Callable

import ldap3
from ldap3.core.exceptions import LDAPNoSuchObjectResult

from local.directory import contents, instance
from local.directory.client import PasswordRefused, connection
from local.directory.endpoint import ADMIN, MANAGER, TENANCY, Endpoint
from local.directory.ldif import Entry
from local.failure import Failure
from local.host import supervisor
from local.host.commands import tail
from local.paths import State
from local.progress import Report

START_SECONDS = 60.0
POLL_SECONDS = 0.1

Action = Callable[[State], None]


def start_supervised(state: State) -> None:
    """Start the server under supervisord, which must run."""
    supervisor.start(state, "directory")


def stop_supervised(state: State) -> None:
    """Stop the server under supervisord, if it runs."""
    supervisor.stop(state, "directory")


def prepare(state: State, *, endpoint: Endpoint = TENANCY) -> None:
    """Make missing passwords, instance folder and certificate. The server must be stopped.

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
    """Start the directory, wait until it answers over verified LDAPS, and add missing entries.

    Raises:
        Failure: it cannot be set up, or does not answer within ``START_SECONDS``.
    """
    with report.step("Directory server") as step:
        was_ready = is_ready(state, endpoint=endpoint)
        if not was_ready:
            stop(state)
            prepare(state, endpoint=endpoint)
            start(state)
            _wait(state, endpoint)
        added = contents.complete(state, endpoint)
        if was_ready:
            step.skip(f"already running; {added} entries completed" if added else "already running")


def down(state: State, *, stop: Action = stop_supervised) -> None:
    """Stop the server; data and passwords stay."""
    stop(state)


def is_ready(state: State, *, endpoint: Endpoint = TENANCY) -> bool:
    """Return whether the server answers over verified LDAPS, accepts admin's password and has its last entry."""
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
    last_lines = f":\n{tail(errors)}" if errors.exists() else ""
    return Failure(
        f"the directory at {endpoint} is not ready after {START_SECONDS:g} s; last attempt: {last.message}{last_lines}",
        fix="fix the cause shown in the log and run make up again",
        log=errors if errors.exists() else state.logs / "directory.log",
    )


def _holds(directory: ldap3.Connection, entry: Entry) -> bool:
    try:
        return bool(directory.search(entry.dn, "(objectClass=*)", ldap3.BASE, attributes=["1.1"]))
    except LDAPNoSuchObjectResult:
        return False
