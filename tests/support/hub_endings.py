"""Start hubs, as many at once as there are processors, and print how they ended. Run by the interpreter of the hub.

Each hub is a process of its own that runs what ``python -m jupyterhub`` runs. It is forked from a process that has
imported JupyterHub already, because these imports take most of the time of a start.
"""

import json
import os
import signal
import sys
import time
from typing import Any

import kubespawner  # type: ignore[import-not-found,unused-ignore]  # noqa: F401 - imported for the forked processes
import ldapauthenticator  # type: ignore[import-not-found,unused-ignore]  # noqa: F401
from jupyterhub.app import JupyterHub  # type: ignore[import-not-found,unused-ignore]

SECONDS = 300.0
"""Limit of one hub."""

AT_ONCE = os.cpu_count() or 1

Case = dict[str, Any]
"""Folder, environment variables and arguments of a hub: the parameters of :func:`start`."""


def start(folder: str, environment: dict[str, str], arguments: list[str]) -> int:
    """Start a hub; return its process ID."""
    process = os.fork()
    if process:
        return process
    os.chdir(folder)
    log = os.open("hub.log", os.O_WRONLY | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.update(environment)
    sys.path.insert(0, folder)
    sys.argv = ["jupyterhub", *arguments]
    try:
        JupyterHub.launch_instance()
    except SystemExit as ended:
        os._exit(ended.code if isinstance(ended.code, int) else 1)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(70)
    os._exit(0)


def run(cases: list[Case]) -> list[int | None]:
    """Start all hubs, at most one for each processor at once; return their exit codes, None for one that still ran."""
    codes: list[int | None] = [None] * len(cases)
    waiting = list(enumerate(cases))
    running: dict[int, tuple[int, float]] = {}
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            number, case = waiting.pop(0)
            running[start(**case)] = number, time.monotonic() + SECONDS
        process, status = os.waitpid(-1, os.WNOHANG)
        if process:
            number, _ = running.pop(process)
            codes[number] = os.waitstatus_to_exitcode(status)
            continue
        for late in [each for each, (_, deadline) in running.items() if time.monotonic() > deadline]:
            os.kill(late, signal.SIGKILL)
            os.waitpid(late, 0)
            del running[late]
        time.sleep(0.02)
    return codes


if __name__ == "__main__":
    print(json.dumps(run(json.load(sys.stdin))))
