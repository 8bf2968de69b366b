"""The targets of the Makefile that deploy the local tenancy, without running them."""

import re
import subprocess

import pytest

from local.paths import PROJECT

LOCAL_COMMAND = re.compile(r"-m local (\w+)$", re.MULTILINE)


@pytest.mark.parametrize(
    ("target", "commands"),
    [
        ("up", ["up", "verify"]),
        ("running", ["up"]),
        ("verify", ["verify"]),
        ("test", ["up", "verify"]),
        ("test-cluster", ["up"]),
        ("test-browser", ["up"]),
        ("bench", ["up"]),
    ],
)
def test_deployment_is_verified_once_where_the_verification_is_wanted(target: str, commands: list[str]) -> None:
    words = ("make", "--dry-run", "--old-file=.venv/made-from", target)
    planned = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=True).stdout

    assert LOCAL_COMMAND.findall(planned) == commands
