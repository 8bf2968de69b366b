"""Checks of the verification's server: its start, a notebook's cell, and files after a restart."""

import time
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus
from secrets import token_hex
from urllib.parse import quote

from components.cli.diagnose.certificates import NoConnection
from components.cli.diagnose.result import CheckResult, broken, good, unknown
from components.cli.verify.check import FILES, NOTEBOOK, SERVER
from components.cli.verify.code_values import insert_values
from components.cli.verify.context import Context
from components.cli.verify.explain import NO_ROOM, find_server_obstacle
from components.cli.verify.failures import CheckFailed, CodeFailed
from components.cli.verify.leftovers import find_homes, release_volumes
from components.cluster.errors import CannotAsk
from components.in_hub.api_names import VERIFICATION_USER

POLL_SECONDS = 0.5
"""Interval at which the hub is asked whether the server runs, or has stopped."""

LOOK_SECONDS = 5.0
"""Interval at which the cluster is asked why the server does not run."""

ROOM_SECONDS = 45.0
"""Time for which no node has had room, after which the start is given up: an autoscaler announces a node sooner."""

STOP_SECONDS = 90.0
"""Time limit of the server's stop."""

SUM = "import json; print(json.dumps(sum(range(1_000_001))))"
KNOWN_SUM = 500_000_500_000

HOME_FILE = "pangeo-verify.txt"
WRITE = """
import json, os, pathlib
path = pathlib.Path.home() / NAME
path.write_text(TEXT)
with path.open() as file:
    os.fsync(file.fileno())
print(json.dumps(str(path)))
"""
READ = """
import json, pathlib
path = pathlib.Path.home() / NAME
print(json.dumps(path.read_text() if path.exists() else None))
"""


class NoRoom(Exception):
    """No node has room for the server. The text is the scheduler's."""


def check_server(context: Context) -> Sequence[CheckResult]:
    """Start the smallest server, as a user does with the button Start."""
    try:
        seconds = _start(context)
    except NoRoom as full:
        message = f"not tested: no node has room, so users who start a server now wait or fail: {full}"
        fix = f"python -m components capacity {context.stack}; wait until servers have stopped, or add a node"
        return [unknown(SERVER, message, fix)]
    _release_home(context)
    what = ", ".join(context.choice.values()) or "the default size"
    return [good(SERVER, f"a server ({what}) answered after {seconds:.0f} s", seconds=round(seconds, 1))]


def check_notebook(context: Context) -> Sequence[CheckResult]:
    """Run a cell with a known answer, over the websocket that JupyterLab uses."""
    found = context.server.run(SUM)
    if found != KNOWN_SUM:
        return [broken(NOTEBOOK, f"a cell returned {found} instead of {KNOWN_SUM}", "check the notebook's image")]
    return [good(NOTEBOOK, "a cell ran in a kernel and returned the known answer")]


def check_files(context: Context) -> Sequence[CheckResult]:
    """Write a file, stop and start the server, and read the file."""
    text = token_hex(16)
    try:
        path = context.server.run(insert_values(WRITE, NAME=HOME_FILE, TEXT=text))
    except CodeFailed as failure:
        fix = "check that the home volume is mounted and writable: kubectl describe pod in the hub's namespace"
        return [broken(FILES, f"users cannot write files in their home: {failure}", fix)]
    _stop(context)
    try:
        seconds = _start(context)
    except NoRoom as full:
        return [unknown(FILES, f"not tested: the server stopped and found no room to start again: {full}")]
    found = context.server.run(insert_values(READ, NAME=HOME_FILE))
    if found != text:
        fix = "check pangeo:storage.className: its volumes must keep their content when a pod ends"
        return [broken(FILES, f"users lose files: {path} was gone after the server's restart", fix)]
    return [good(FILES, f"a file in the home was there after a restart, which took {seconds:.0f} s")]


def _release_home(context: Context) -> None:
    """Let the home's volume end with its claim even if this program is killed. The removal does it otherwise."""
    with suppress(CannotAsk), context.cluster() as api:
        release_volumes(api, context.tenancy.namespace, find_homes(api, context.tenancy.namespace))


def _start(context: Context) -> float:
    """Start the server, wait until it answers, and return how many seconds this took.

    Raises:
        NoRoom: no node has room.
        CheckFailed: it does not start.
        NoConnection: the hub does not answer.
    """
    began = looked = time.monotonic()
    full_since: float | None = None
    limit = context.tenancy.notebook.start_timeout_seconds
    answer = context.web.request("POST", _path("/server"), context.choice, token=context.token)
    if answer.status not in (HTTPStatus.CREATED, HTTPStatus.ACCEPTED):
        raise _refused(context, answer.status, answer.body)
    while not (state := _server_state(context)).get("ready"):
        if not state:
            raise _not_started(context, "its start has failed")
        now = time.monotonic()
        if now - looked > LOOK_SECONDS:
            looked, obstacle = now, find_server_obstacle(context)
            is_full = obstacle is not None and obstacle.finding.message.startswith(NO_ROOM)
            full_since = (full_since or now) if is_full else None
            if obstacle is not None and full_since is not None and now - full_since > ROOM_SECONDS:
                if obstacle.is_lack_of_room:
                    raise NoRoom(str(obstacle.finding))
                raise _not_started(context, "no node can run it")
        if now - began > limit:
            raise _not_started(context, f"it does not run after {limit:g} s")
        context.wait(POLL_SECONDS)
    return time.monotonic() - began


def _stop(context: Context) -> None:
    answer = context.web.request("DELETE", _path("/server"), token=context.token)
    if answer.status not in (HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT):
        raise CheckFailed(f"users cannot stop a server: HTTP {answer.status}", _logs(context))
    end = time.monotonic() + STOP_SECONDS
    while _server_state(context):
        if time.monotonic() > end:
            raise CheckFailed(f"a server does not stop within {STOP_SECONDS:g} s", _logs(context))
        context.wait(POLL_SECONDS)


def _server_state(context: Context) -> dict[str, object]:
    answer = context.web.request("GET", _path(""), token=context.token)
    if answer.status != HTTPStatus.OK:
        raise NoConnection(f"the hub does not show the verification's server: HTTP {answer.status}")
    state: dict[str, object] = answer.json_object(servers=dict)["servers"].get("") or {}
    return state


def _path(end: str) -> str:
    return f"/hub/api/users/{quote(VERIFICATION_USER, safe='~')}{end}"


def _refused(context: Context, status: int, body: bytes) -> CheckFailed:
    text = body.decode("utf-8", "replace").strip()[:300]
    return CheckFailed(f"users cannot start a server: HTTP {status} {text}", _logs(context))


def _not_started(context: Context, reason: str) -> CheckFailed:
    obstacle = find_server_obstacle(context)
    if obstacle is None:
        return CheckFailed(f"users cannot start a server: {reason}", _logs(context))
    return CheckFailed(
        f"users cannot start a server: {reason}: {obstacle.finding}", obstacle.finding.fix or _logs(context)
    )


def _logs(context: Context) -> str:
    return (
        f"kubectl logs --namespace {context.tenancy.namespace} deployment/hub; kubectl get events --namespace "
        f"{context.tenancy.namespace}"
    )
