"""Debian packages of the local tenancy; only missing ones are installed."""

import subprocess
from pathlib import Path

from local.failure import Failure
from local.host.commands import run
from local.paths import LOCAL, State
from local.progress import Report

LIST = LOCAL / "host" / "packages.txt"
UPDATE_TIMEOUT_SECONDS = 300
INSTALL_TIMEOUT_SECONDS = 1800


def package_names(text: str) -> list[str]:
    """Return the package names of a list with comments and blank lines."""
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def install(state: State, report: Report) -> None:
    """Install the packages of ``packages.txt`` that the machine lacks.

    Raises:
        Failure: this machine is not Debian, or apt cannot install a package; names the log.
    """
    with report.step("Debian packages") as step:
        missing = [package for package in package_names(LIST.read_text()) if not _is_installed(package)]
        if not missing:
            step.skip("already installed")
            return
        log = state.logs / "packages.log"
        env = {"DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "update"], log=log, env=env, timeout_seconds=UPDATE_TIMEOUT_SECONDS)
        run(
            ["apt-get", "install", "--yes", "--no-install-recommends", *missing],
            log=log,
            env=env,
            timeout_seconds=INSTALL_TIMEOUT_SECONDS,
        )


def _is_installed(package: str) -> bool:
    if not Path("/usr/bin/dpkg-query").exists():
        raise Failure("this machine is not Debian: it has no dpkg-query", fix="use a Debian 12 machine")
    done = subprocess.run(
        ["dpkg-query", "--show", "--showformat", "${db:Status-Status}", package],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.stdout == "installed"
