"""The Pulumi CLI: runs it without questions, and reports a failure with the CLI's own message and a fix."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from components.escape import escape_lines
from components.programs import call_program, report_on_stderr, without_a_person

TIMEOUT_SECONDS = 60.0
"""Time limit of a call. A backend that does not answer may take that long."""

_FIXES = (
    (
        "incorrect passphrase",
        "the passphrase is not this stack's; set PULUMI_CONFIG_PASSPHRASE or _FILE to the right one",
    ),
    (
        "passphrase must be set",
        "set PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE to a file that holds it",
    ),
    (
        r"PULUMI_ACCESS_TOKEN must be set|not (currently )?logged in|invalid access token|\b401\b",
        "log in to the stack's backend: pulumi login, or set PULUMI_BACKEND_URL",
    ),
    (
        "no stack named|no previous deployment",
        "this backend does not have the stack; select the right one with pulumi login or PULUMI_BACKEND_URL. "
        "pulumi whoami --verbose shows the present one",
    ),
    ("currently locked|in progress", "wait for the other run; if it is over, run: pulumi cancel"),
    ("no Pulumi.yaml project file|could not find a Pulumi project", "run the command in the project's folder"),
    (
        r"HTTP request|dial tcp|unable to open|connection refused|no such host|i/o timeout|blob \(key|StatusCode",
        "the backend cannot be used; check the network, its credentials and PULUMI_BACKEND_URL. "
        "pulumi login selects another one",
    ),
)
"""Patterns in the CLI's messages, and what to do about them; the first that matches counts."""


class PulumiFailed(Exception):
    """The Pulumi CLI is missing, failed, or did not end. The text has its message and a fix, and no secret."""

    def __init__(self, problem: str, messages: str, fix: str) -> None:
        self.problem = problem
        self.messages = messages
        self.fix = fix
        super().__init__("\n".join(each for each in (problem, messages, f"→ {fix}" if fix else "") if each))


def run_pulumi(arguments: Sequence[str], environment: Mapping[str, str], *, purpose: str) -> bytes:
    """Run the CLI; return its standard output, which may contain secrets.

    Args:
        arguments: the command and its options.
        environment: all its environment variables.
        purpose: begins the message of a failure, e.g. ``the state of vis cannot be read``.

    Raises:
        PulumiFailed: the CLI is missing, failed, or did not end within ``TIMEOUT_SECONDS``.
    """
    command = f"pulumi {' '.join(arguments[:2])}"
    try:
        done = call_program(
            ["pulumi", *arguments, "--non-interactive", "--color", "never"],
            environment=environment,
            patience=without_a_person(TIMEOUT_SECONDS),
            waiting=f"waiting for {command}",
            report=report_on_stderr,
            passes_messages=False,
        )
    except FileNotFoundError:
        raise PulumiFailed(f"{purpose}: the pulumi program is not on PATH", "", "install the Pulumi CLI") from None
    except OSError as error:
        raise PulumiFailed(f"{purpose}: pulumi cannot be started: {error.strerror}", "", "") from None
    messages = without_credentials(done.messages)
    if done.exit_code is None:
        problem = f"{purpose}: {command} did not end within {done.limit_seconds:g} s"
        fix = "check the network, and that the backend in pulumi whoami --verbose is the right one"
        raise PulumiFailed(problem, messages, fix_for(messages) or fix)
    if done.exit_code != 0:
        problem = f"{purpose}: {command} failed with exit code {done.exit_code}"
        raise PulumiFailed(problem, messages or "(no message)", fix_for(messages))
    return done.stdout


def read_object(arguments: Sequence[str], environment: Mapping[str, str], *, purpose: str) -> dict[str, Any]:
    """Run the CLI; return the JSON object that it prints. Arguments and errors are those of :func:`run_pulumi`."""
    found = _read_json(arguments, environment, purpose)
    if not isinstance(found, dict):
        raise _unexpected(arguments, purpose)
    return found


def read_list(arguments: Sequence[str], environment: Mapping[str, str], *, purpose: str) -> list[Any]:
    """Run the CLI; return the JSON list that it prints. Arguments and errors are those of :func:`run_pulumi`."""
    found = _read_json(arguments, environment, purpose)
    if not isinstance(found, list):
        raise _unexpected(arguments, purpose)
    return found


def fix_for(messages: str) -> str:
    """Return what to do about the CLI's messages; empty where that is not known. Pure."""
    return next((fix for pattern, fix in _FIXES if re.search(pattern, messages)), "")


def without_credentials(text: str) -> str:
    """Return the text without user names and passwords in URLs. Pure."""
    return re.sub(r"//[^/@\s]*@", "//[hidden]@", escape_lines(text))


def _read_json(arguments: Sequence[str], environment: Mapping[str, str], purpose: str) -> object:
    printed = run_pulumi(arguments, environment, purpose=purpose)
    try:
        return json.loads(printed)
    except ValueError:
        raise _unexpected(arguments, purpose) from None


def _unexpected(arguments: Sequence[str], purpose: str) -> PulumiFailed:
    problem = f"{purpose}: pulumi {' '.join(arguments[:2])} printed other data than was expected"
    return PulumiFailed(problem, "", "install the version of the Pulumi CLI in requirements.txt")
