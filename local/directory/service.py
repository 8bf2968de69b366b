"""Start and stop the directory. Every step looks at what is there first, so an interrupted start is simply repeated."""

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

START_SECONDS = 30.0
POLL_SECONDS = 0.1

Action = Callable[[State], None]


def start_supervised(state: State) -> None:
    """Start the server under supervisord, which must be up."""
    supervisor.start(state, "directory")


def stop_supervised(state: State) -> None:
    """Stop the server under supervisord; fine when nothing runs."""
    supervisor.stop(state, "directory")


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
        was_ready = is_ready(state, endpoint=endpoint)
        if not was_ready:
            stop(state)
            prepare(state, endpoint=endpoint)
            start(state)
            _wait(state, endpoint)
        added = contents.complete(state, endpoint)
        if was_ready:
            step.skip(f"answers already; {added} entries completed" if added else "answers already")


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
        f"the directory at {endpoint} is not ready after {START_SECONDS:g} s; last try: {last.message}{said}",
        fix="mend what the log names and run make up again",
        log=errors if errors.exists() else state.logs / "directory.log",
    )


def _holds(directory: ldap3.Connection, entry: Entry) -> bool:
    try:
        return bool(directory.search(entry.dn, "(objectClass=*)", ldap3.BASE, attributes=["1.1"]))
    except LDAPNoSuchObjectResult:
        return False
