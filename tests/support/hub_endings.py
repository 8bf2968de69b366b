"""Start several hubs one after the other and print how they ended. Run by the interpreter of the hub.

Each hub is a process of its own that runs what ``python -m jupyterhub`` runs. It is forked from a process that has
imported JupyterHub already, because these imports take most of the time of a start.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

import kubespawner  # type: ignore[import-not-found,unused-ignore]  # noqa: F401 - imported for the forked processes
import ldapauthenticator  # type: ignore[import-not-found,unused-ignore]  # noqa: F401
from jupyterhub.app import JupyterHub  # type: ignore[import-not-found,unused-ignore]

SECONDS = 300.0


def start(folder: Path, environment: dict[str, str], arguments: list[str]) -> int:
    """Start a hub; return its process ID."""
    process = os.fork()
    if process:
        return process
    os.chdir(folder)
    log = os.open("hub.log", os.O_WRONLY | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.update(environment)
    sys.path.insert(0, str(folder))
    sys.argv = ["jupyterhub", *arguments]
    try:
        JupyterHub.launch_instance()
    except SystemExit as ended:
        os._exit(ended.code if isinstance(ended.code, int) else 1)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(70)
    os._exit(0)


def wait(process: int) -> int | None:
    """Return the hub's exit code; None if it still ran, which ends it."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        done, status = os.waitpid(process, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return None


if __name__ == "__main__":
    cases = json.load(sys.stdin)
    print(json.dumps([wait(start(Path(each["folder"]), each["environment"], each["arguments"])) for each in cases]))
