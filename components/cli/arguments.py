"""Arguments and options that several commands have in common, and the examples in their help texts."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from components.cli.diagnose.checks import CheckEnvironment
from components.cli.stack_writer import read_certificate

Stack = Annotated[str | None, typer.Argument(help="Name or file of the stack. Not needed if there is only one.")]
Stacks = Annotated[list[str] | None, typer.Argument(help="Names or files of stacks. Default: all in stacks/.")]
OneStack = Annotated[str, typer.Argument(help="Name or file of the stack.")]
Users = Annotated[list[str], typer.Argument(help="User names in FreeIPA.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
CaFile = Annotated[
    str | None, typer.Option(help="PEM file of the authority of the hub's certificate, if it is a private one.")
]
BindDn = Annotated[str | None, typer.Option(help="Log in to FreeIPA as this account instead of identity.bindDn.")]
LogFile = Annotated[Path | None, typer.Option(help="File that records each change as a line of JSON.")]


def examples(*commands: str) -> str:
    """Return the last paragraph of a command's help text, with examples of its use."""
    return "\b\nExamples:\n" + "\n".join(f"  python -m components {command}" for command in commands)


def user_name(typed: str) -> str:
    """Return the name of a user as FreeIPA and the claims of homes have it: in small letters, without spaces."""
    return typed.strip().lower()


def check_environment(ca_file: str | None) -> CheckEnvironment:
    """Return the environment of the checks, with the authority in the file of the option ``CaFile``."""
    authority = read_certificate(ca_file, "--ca-file") if ca_file is not None else None
    return CheckEnvironment(os.environ, datetime.now(UTC), authority)
