"""Verification of the deployed tenancy with ``python -m components verify``, in the environment of the shell."""

import os
import signal
import subprocess
import sys

from components.cli.diagnose.result import EXIT_NOT_CHECKED, EXIT_OK
from components.cli.verify.command import INTERRUPTED_EXIT
from local.failure import Failure
from local.paths import State
from local.shell.environment import shell_environment
from local.tenancy.engine import STACK, prepare_workspace


def verify(state: State) -> None:
    """Verify the running tenancy.

    Raises:
        Failure: a check failed. Checks that could not run are listed, and are no failure.
        KeyboardInterrupt: the user ended it.
    """
    words = [sys.executable, "-m", "components", "verify", STACK]
    workspace, environment = prepare_workspace(state), shell_environment(state, os.environ)
    with subprocess.Popen(words, cwd=workspace, env=environment) as process:
        code = _wait(process)
    if code == INTERRUPTED_EXIT + signal.SIGINT:
        raise KeyboardInterrupt
    if code not in (EXIT_OK, EXIT_NOT_CHECKED):
        raise Failure(
            "the verification failed; the tenancy keeps running", fix="see the checks above, then run make verify"
        )


def _wait(process: "subprocess.Popen[bytes]") -> int:
    """Wait for the end, also after Ctrl-C: the command then removes what it has created."""
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue
