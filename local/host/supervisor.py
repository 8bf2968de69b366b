"""Every long-running process of the local tenancy, held by one supervisord a state folder."""

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
from local.tenancy import addresses

CONFIGURATION = LOCAL / "host" / "supervisord.conf"
CALL_TIMEOUT_SECONDS = 10.0
START_TIMEOUT_SECONDS = 20.0
STOP_TIMEOUT_SECONDS = 40.0

LONGEST_SOCKET_PATH = 107
"""unix(7): sun_path holds 108 bytes with the closing NUL."""

RUNNING = ("STARTING", "RUNNING", "BACKOFF", "STOPPING")
"""supervisord's states in which a program has, or is about to have, a process."""


@dataclass(frozen=True)
class Exits:
    """How often a program ended unasked since supervisord started, and how the last time."""

    count: int = 0
    last: str = ""


@dataclass(frozen=True)
class Process:
    """One program as supervisord sees it: ``state`` is its word for it, e.g. RUNNING, BACKOFF, FATAL."""

    name: str
    state: str
    pid: int
    uptime_seconds: int
    exits: Exits
    description: str
    log: Path

    @property
    def is_running(self) -> bool:
        """Up and past its first second."""
        return self.state == "RUNNING"


def is_up(state: State) -> bool:
    """Whether this state folder's supervisord answers."""
    try:
        with _calls(state) as rpc:
            rpc.getState()
    except OSError:
        return False
    return True


def daemon_up(state: State) -> None:
    """Start supervisord unless it answers already, and let it read its configuration anew.

    Programs are not started by this. What an earlier supervisord of the same folder left running when it died is
    ended first: it is nobody's child any more and holds the ports.

    Raises:
        Failure: supervisord does not start, or the path of its socket is too long for the kernel.
    """
    if is_up(state):
        _take_changes(state)
        return
    path = socket_path(state)
    if len(os.fsencode(path)) > LONGEST_SOCKET_PATH:
        raise Failure(
            f"the path {path} is longer than the {LONGEST_SOCKET_PATH} bytes a socket's path may have",
            way_on="move this checkout to a folder with a shorter path",
        )
    orphans.end(_orphans(state), timeout_seconds=CALL_TIMEOUT_SECONDS)
    for folder in (state.supervisor, state.logs):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = state.logs / "supervisord-start.log"
    assignments = [f"{name}={value}" for name, value in environment(state).items()]
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
                way_on="read its log and run make up again",
                log=state.logs / "supervisord.log",
            )
        time.sleep(0.05)


def daemon_down(state: State) -> None:
    """Stop every program, then supervisord itself; nothing of it is left running."""
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
    """Start the named programs that do not run; does not wait for them to be ready.

    Raises:
        Failure: supervisord does not answer, does not know a program, or cannot run it.
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
                    way_on="run make up, which installs what is missing",
                    log=state.logs / "supervisord.log",
                ) from fault


def stop(state: State, *names: str) -> None:
    """Stop the named programs, all at once, and wait until they are gone; fine when nothing runs.

    Raises:
        Failure: one of them still runs after its own stop time and the kill that follows it.
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
                f"{', '.join(left)} still runs {STOP_TIMEOUT_SECONDS:g} s after it was told to stop",
                way_on="run make down again",
                log=state.logs / f"{left[0]}.log",
            )
        time.sleep(0.05)


def status(state: State) -> list[Process]:
    """Every program supervisord knows, in name order; empty when supervisord does not run."""
    try:
        with _calls(state) as rpc:
            infos = rpc.getAllProcessInfo()
    except OSError:
        return []
    log = state.logs / "supervisord.log"
    exits = unasked_exits(log.read_text(errors="replace")) if log.is_file() else {}
    return sorted((_process(state, info, exits) for info in infos), key=lambda process: process.name)


def unasked_exits(log: str) -> dict[str, Exits]:
    """Programs that ended by themselves since the last start of supervisord, read from supervisord's own log.

    supervisord keeps no count of restarts; its log has one line an end: ``exited: NAME (REASON; not expected)``.
    A program that was told to stop is logged as ``stopped:`` and does not count.
    """
    since_start = log.rpartition("supervisord started with pid")[2]
    found: dict[str, Exits] = {}
    for name, reason in re.findall(r" exited: (\S+) \((.*?)(?:; (?:not )?expected)?\)$", since_start, re.MULTILINE):
        found[name] = Exits(found.get(name, Exits()).count + 1, reason)
    return found


def socket_path(state: State) -> Path:
    """The socket supervisord answers on; only root may connect."""
    return state.supervisor.absolute() / "supervisor.sock"


def environment(state: State) -> dict[str, str]:
    """What programs see, and their configuration may name as ``%(ENV_…)s``; nothing else of the caller's environment.

    Each constant of ``local.tenancy.addresses`` is there as ``TENANCY_<its name>``.
    """
    return {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": os.environ.get("HOME", "/root"),
        "LANG": "C.UTF-8",
        "TENANCY_STATE": str(state.root.absolute()),
        "TENANCY_BIN": str(state.bin.absolute()),
        "TENANCY_VENV_BIN": str(Path(sys.executable).parent),
        **{f"TENANCY_{name}": str(value) for name, value in vars(addresses).items() if name.isupper()},
    }


class _Connection(http.client.HTTPConnection):
    """HTTP over supervisord's socket, with the time-out that supervisor's own transport lacks."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=CALL_TIMEOUT_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(CALL_TIMEOUT_SECONDS)
        self.sock.connect(str(self._path))


@contextmanager
def _calls(state: State) -> Iterator[Any]:
    """supervisord's XML-RPC functions (http://supervisord.org/api.html); OSError when it does not answer."""
    transport = SupervisorTransport(serverurl=f"unix://{socket_path(state)}")
    transport._get_connection = lambda: _Connection(socket_path(state))
    try:
        yield xmlrpc.client.ServerProxy("http://localhost", transport=transport).supervisor
    except http.client.HTTPException as error:
        raise ConnectionError(f"supervisord broke off on {socket_path(state)}") from error
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


def _take_changes(state: State) -> None:
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
