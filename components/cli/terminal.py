"""The operator's terminal: questions, messages, and the end of a command with an expected error."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from components.cli.diagnose.result import EXIT_FAILED
from components.cli.hub_access import AccessNotEnded
from components.cli.members import MembersRefused
from components.cli.pulumi_cli import PulumiFailed
from components.cli.restore.errors import RestoreRefused
from components.cli.usage.hub_usage import UsageUnavailable
from components.cluster.errors import CannotAsk
from components.cluster.helm import HelmFailed
from components.config.problems import InvalidTenancy
from components.escape import escape_control_characters, escape_lines
from components.freeipa.errors import FreeIpaError

EXPECTED = (
    AccessNotEnded,
    CannotAsk,
    FreeIpaError,
    HelmFailed,
    InvalidTenancy,
    MembersRefused,
    PulumiFailed,
    RestoreRefused,
    UsageUnavailable,
)
"""Errors that end a command with a message."""


def report(line: str) -> None:
    """Print a line at once."""
    print(escape_lines(line), flush=True)


def ask(question: str) -> bool:
    """Return whether the operator agrees; False where there is no terminal."""
    if not sys.stdin.isatty():
        return False
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def has_named(name: str, given: str | None, of: str = "cluster") -> bool:
    """Return whether the operator has named the cluster, or the user: in an option, else at the terminal."""
    if given is None and sys.stdin.isatty():
        given = input(f"To delete all of this, type the {of}'s name, {name}: ")
    return given is not None and given.strip() == name


@contextmanager
def errors_reported() -> Iterator[None]:
    """End the command with a message on standard error and exit code 1 for each expected error of the block."""
    try:
        yield
    except EXPECTED as error:
        exit_with([error])


def exit_with(errors: Sequence[Exception]) -> None:
    """Print the errors and end the command; do nothing if there are none."""
    for error in errors:
        print("\n".join(map(escape_control_characters, str(error).split("\n"))), file=sys.stderr)
    if errors:
        sys.exit(EXIT_FAILED)
