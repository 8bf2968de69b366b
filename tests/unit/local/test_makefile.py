"""The targets of the Makefile that deploy the local tenancy or open its shell, without running their commands."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from local.paths import PROJECT

LOCAL_COMMAND = re.compile(r"-m local (\w+)$", re.MULTILINE)


@pytest.mark.parametrize(
    ("target", "commands"),
    [
        ("up", ["up", "verify"]),
        ("running", ["up"]),
        ("verify", ["verify"]),
        ("test", ["up"]),  # tests/cluster/test_verify.py runs make verify
        ("test-cluster", ["up"]),
        ("test-browser", ["up"]),
        ("bench", ["up"]),
    ],
)
def test_deployment_is_verified_once_where_the_verification_is_wanted(target: str, commands: list[str]) -> None:
    words = ("make", "--dry-run", "--old-file=.venv/made-from", target)
    planned = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=True).stdout

    assert LOCAL_COMMAND.findall(planned) == commands


def words_of_shell(folder: Path, *command: str, **environment: str) -> list[str]:
    """Return the words that ``make shell`` passes to the shell's program."""
    python = folder / "python"
    python.write_text("#!/bin/sh\nprintf '%s\\0' \"$@\"\n")
    python.chmod(0o755)
    words = ("make", "--silent", "--old-file=.venv/made-from", "shell", f"PYTHON={python}", *command)
    given = {**os.environ, **environment}
    done = subprocess.run(words, cwd=PROJECT, env=given, capture_output=True, text=True, check=True)
    return done.stdout.removesuffix("\0").split("\0")


@pytest.mark.parametrize(
    "command",
    ["kubectl get pods", "echo $HOME ${HOME} $(pwd) $$", """echo "a  b" 'c' \\"d" `pwd`; exit 7""", "pwd\nls"],
)
def test_shell_gets_the_command_as_it_was_typed(tmp_path: Path, command: str) -> None:
    assert words_of_shell(tmp_path, f"COMMAND={command}") == ["-m", "local", "shell", "--", "bash", "-c", command]


def test_variable_command_of_the_environment_is_no_command(tmp_path: Path) -> None:
    assert words_of_shell(tmp_path, COMMAND="rm") == ["-m", "local", "shell"]
    assert words_of_shell(tmp_path, "COMMAND=") == ["-m", "local", "shell"]
