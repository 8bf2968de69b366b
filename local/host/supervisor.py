"""The long-running processes of the local tenancy, run by one supervisord for each state folder."""

import http.client
import os
import re
import socket
import sys
import time
import xmlrpc.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import Faults, SupervisorTransport  # type: ignore[import-untyped]

from local.failure import Failure
from local.host import orphans
from local.host.commands import run
from local.paths import LOCAL, State

CONFIGURATION = LOCAL / "host" / "supervisord.conf"
CALL_TIMEOUT_SECONDS = 10.0
START_TIMEOUT_SECONDS = 20.0
STOP_TIMEOUT_SECONDS = 40.0

LONGEST_SOCKET_PATH = 107
"""Bytes in the path of a Unix socket; unix(7): sun_path holds 108 with the closing NUL."""

RUNNING = ("STARTING", "RUNNING", "BACKOFF", "STOPPING")
"""The states of supervisord in which a program has a process or soon will."""


@dataclass(frozen=True)
class Exits:
    """How often a program ended by itself since supervisord started, and the reason of the last time."""

    count: int = 0
    last: str = ""


@dataclass(frozen=True)
class Process:
    """One program as supervisord reports it; ``state`` is supervisord's, e.g. RUNNING, BACKOFF or FATAL."""

    name: str
    state: str
    pid: int
    uptime_seconds: int
    exits: Exits
    description: str
    log: Path

    @property
    def is_running(self) -> bool:
        """Whether it runs and has run for at least a second."""
        return self.state == "RUNNING"


def is_up(state: State) -> bool:
    """Return whether this state folder's supervisord answers."""
    try:
        with _calls(state) as rpc:
            rpc.getState()
    except OSError:
        return False
    return True


def daemon_up(state: State, variables: Mapping[str, str]) -> None:
    """Start supervisord if it does not answer, else let it reload its configuration; no program is started.

    Programs that an earlier supervisord of the same folder left running when it died are ended first, because they
    still use the ports.

    Args:
        state: the state folder.
        variables: added to the environment of supervisord and its programs.

    Raises:
        Failure: supervisord does not start, or the path of its socket is too long for the kernel.
    """
    if is_up(state):
        _apply_changes(state)
        return
    path = socket_path(state)
    if len(os.fsencode(path)) > LONGEST_SOCKET_PATH:
        raise Failure(
            f"the path {path} is longer than the {LONGEST_SOCKET_PATH} bytes a socket's path may have",
            fix="move this checkout to a folder with a shorter path",
        )
    orphans.end(_orphans(state), timeout_seconds=CALL_TIMEOUT_SECONDS)
    for folder in (state.supervisor, state.logs):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = state.logs / "supervisord-start.log"
    assignments = [f"{name}={value}" for name, value in environment(state, variables).items()]
    run(
        ["env", "-i", *assignments, sys.executable, "-m", "supervisor.supervisord", "-c", CONFIGURATION],
        log=log,
        timeout_seconds=START_TIMEOUT_SECONDS,
    )
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while not is_up(state):
        if time.monotonic() > deadline:
            raise Failure(
                f"supervisord does not answer on {path} after {START_TIMEOUT_SECONDS:g} s",
                fix="fix the cause shown in the log and run make up again",
                log=state.logs / "supervisord.log",
            )
        time.sleep(0.05)


def daemon_down(state: State) -> None:
    """Stop every program, then supervisord itself, then all processes that it left running."""
    pid = _daemon_pid(state)
    if is_up(state):
        with _calls(state) as rpc:
            rpc.shutdown()
    deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
    while pid and orphans.is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    if pid and orphans.is_alive(pid):
        orphans.end([pid], timeout_seconds=CALL_TIMEOUT_SECONDS)
    orphans.end(_orphans(state), timeout_seconds=CALL_TIMEOUT_SECONDS)


def start(state: State, *names: str) -> None:
    """Start those of the named programs that do not run, without waiting until they are ready.

    Raises:
        Failure: supervisord does not answer, has no such program, or cannot start it.
    """
    running = {process.name for process in status(state) if process.state in RUNNING}
    for name in names:
        if name in running:
            continue
        try:
            with _calls(state) as rpc:
                rpc.startProcess(name, False)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode != Faults.ALREADY_STARTED:
                raise Failure(
                    f"{name} cannot be started: {fault.faultString}",
                    fix="run make up, which installs what is missing",
                    log=state.logs / "supervisord.log",
                ) from fault


def stop(state: State, *names: str) -> None:
    """Stop the named programs at the same time and wait until they have ended; those that do not run are ignored.

    Raises:
        Failure: a program still runs after its stop time and the kill that follows.
    """
    if not is_up(state):
        return
    for name in names:
        try:
            with _calls(state) as rpc:
                rpc.stopProcess(name, False)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode not in (Faults.NOT_RUNNING, Faults.BAD_NAME):
                raise
    deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
    while left := [p.name for p in status(state) if p.name in names and p.state in RUNNING]:
        if time.monotonic() > deadline:
            raise Failure(
                f"{', '.join(left)} still runs {STOP_TIMEOUT_SECONDS:g} s after the request to stop",
                fix="run make down again",
                log=state.logs / f"{left[0]}.log",
            )
        time.sleep(0.05)


def status(state: State) -> list[Process]:
    """Return every program of supervisord, in name order; empty if supervisord does not run."""
    try:
        with _calls(state) as rpc:
            infos = rpc.getAllProcessInfo()
    except OSError:
        return []
    log = state.logs / "supervisord.log"
    exits = unrequested_exits(log.read_text(errors="replace")) if log.is_file() else {}
    return sorted((_process(state, info, exits) for info in infos), key=lambda process: process.name)


def unrequested_exits(log: str) -> dict[str, Exits]:
    """Programs that ended by themselves since the last start of supervisord, read from the text of its log.

    supervisord does not count restarts; it logs each end as ``exited: NAME (REASON; not expected)``.
    A program that supervisord stopped is logged as ``stopped:`` and does not count.
    """
    since_start = log.rpartition("supervisord started with pid")[2]
    found: dict[str, Exits] = {}
    for name, reason in re.findall(r" exited: (\S+) \((.*?)(?:; (?:not )?expected)?\)$", since_start, re.MULTILINE):
        found[name] = Exits(found.get(name, Exits()).count + 1, reason)
    return found


def socket_path(state: State) -> Path:
    """Return the socket of supervisord; only root may connect."""
    return state.supervisor.absolute() / "supervisor.sock"


def environment(state: State, variables: Mapping[str, str]) -> dict[str, str]:
    """Return the programs' whole environment, which their configuration may also use as ``%(ENV_…)s``."""
    return {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": os.environ.get("HOME", "/root"),
        "LANG": "C.UTF-8",
        "TENANCY_STATE": str(state.root.absolute()),
        "TENANCY_BIN": str(state.bin.absolute()),
        "TENANCY_VENV_BIN": str(Path(sys.executable).parent),
        **variables,
    }


class _Connection(http.client.HTTPConnection):
    """HTTP over supervisord's socket, with a timeout, which supervisor's own transport lacks."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=CALL_TIMEOUT_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(CALL_TIMEOUT_SECONDS)
        self.sock.connect(str(self._path))


@contextmanager
def _calls(state: State) -> Iterator[Any]:
    """supervisord's XML-RPC functions (http://supervisord.org/api.html); raises OSError if it does not answer."""
    transport = SupervisorTransport(serverurl=f"unix://{socket_path(state)}")
    transport._get_connection = lambda: _Connection(socket_path(state))
    try:
        yield xmlrpc.client.ServerProxy("http://localhost", transport=transport).supervisor
    except http.client.HTTPException as error:
        raise ConnectionError(f"supervisord closed the connection on {socket_path(state)}") from error
    finally:
        transport.close()


def _process(state: State, info: Mapping[str, Any], exits: Mapping[str, Exits]) -> Process:
    name = str(info["name"])
    running = info["pid"] != 0
    return Process(
        name=name,
        state=str(info["statename"]),
        pid=int(info["pid"]),
        uptime_seconds=int(info["now"]) - int(info["start"]) if running else 0,
        exits=exits.get(name, Exits()),
        description=str(info["description"]),
        log=state.logs / f"{name}.log",
    )


def _apply_changes(state: State) -> None:
    with _calls(state) as rpc:
        added, changed, removed = rpc.reloadConfig()[0]
    stop(state, *changed, *removed)
    with _calls(state) as rpc:
        for name in (*changed, *removed):
            rpc.removeProcessGroup(name)
        for name in (*added, *changed):
            rpc.addProcessGroup(name)


def _daemon_pid(state: State) -> int | None:
    try:
        pid = int((state.supervisor / "supervisord.pid").read_text())
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return pid if str(CONFIGURATION).encode() in words else None


def _orphans(state: State) -> list[int]:
    return orphans.with_variable("SUPERVISOR_SERVER_URL", f"unix://{socket_path(state)}")
