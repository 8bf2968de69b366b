"""Debian packages: only what is missing is installed."""

import subprocess
from pathlib import Path

from local.failure import Failure
from local.host.commands import run
from local.paths import LOCAL, State
from local.progress import Report

LIST = LOCAL / "host" / "packages.txt"
UPDATE_TIMEOUT_SECONDS = 300
INSTALL_TIMEOUT_SECONDS = 1800


def wanted(text: str) -> list[str]:
    """The package names of a list with comments and blank lines."""
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def install(state: State, report: Report) -> None:
    """Install what ``packages.txt`` names and the machine lacks.

    Raises:
        Failure: this is not Debian, or apt refused a package; names the log.
    """
    with report.step("Debian packages") as step:
        missing = [package for package in wanted(LIST.read_text()) if not _is_installed(package)]
        if not missing:
            step.skip("already there")
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
        raise Failure("this is not Debian: there is no dpkg-query", way_on="use a Debian 12 machine")
    asked = subprocess.run(
        ["dpkg-query", "--show", "--showformat", "${db:Status-Status}", package],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return asked.stdout == "installed"
