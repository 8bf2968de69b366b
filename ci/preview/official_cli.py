"""Stacks opened by the official Pulumi CLI, in the backend and with the passphrase of the environment."""

import contextlib
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from pulumi import automation
from pulumi.automation.errors import CommandError, StackNotFoundError

from ci.preview.engine_preview import (
    CLUSTER_NOT_REQUIRED,
    DIRECTORY_NOT_REQUIRED,
    DNS_NOT_REQUIRED,
    CannotPreview,
    error_lines,
)
from ci.preview.passphrases import FILE_VARIABLE, VARIABLE, has_passphrase, passphrase_variables
from ci.preview.preview_all import PreviewCommand
from ci.renames import Rename
from components.automation import open_stack
from components.config.stack_file import STACKS
from components.freeipa.errors import DIRECTORY_CHECK_VARIABLE
from components.preflight.cluster import CLUSTER_CHECK_VARIABLE
from components.preflight.dns import DNS_CHECK_VARIABLE

PROGRAMS = ("pulumi", "pulumi-language-python")
"""The programs of the official CLI that a preview needs on PATH."""

FIRST_DEPLOYMENT = (
    "The backend has no stack {stack} yet. This preview shows its first deployment, made with an empty temporary "
    "backend"
)


class StackRenamed(CannotPreview):
    """The backend has the stack under the name that its file had before."""


def missing_programs(path: str | None = None) -> list[str]:
    """Return the programs of the official CLI that are not on ``path``, by default the environment's."""
    return [program for program in PROGRAMS if shutil.which(program, path=path) is None]


def require_cli() -> None:
    """Check that the official CLI is installed.

    Raises:
        CannotPreview: it is not on PATH.
    """
    missing = missing_programs()
    if missing:
        raise CannotPreview(f"{' and '.join(missing)} not on PATH; install the Pulumi CLI")


@contextlib.contextmanager
def official_stack(
    name: str, project: Path, rename: Rename | None = None
) -> Iterator[tuple[automation.Stack, list[str]]]:
    """Open a stack of a project in the backend of the environment.

    A stack that the backend does not have is created in an empty temporary backend, in a copy of the project.

    Args:
        name: the stack.
        project: the folder with ``Pulumi.yaml``.
        rename: the change of the stack file's name, if there is one.

    Returns:
        The stack, and notes for the reader of its preview.

    Raises:
        StackRenamed: the file is renamed, but the stack is not.
        CannotPreview: the CLI is missing, or the backend or the stack cannot be opened.
    """
    require_cli()
    stack = _existing_stack(name, project)
    if stack is not None:
        yield stack, []
        return
    if rename is not None:
        raise StackRenamed(str(rename))
    with _temporary_stack(name, project) as temporary:
        yield temporary, [FIRST_DEPLOYMENT.format(stack=name)]


def _existing_stack(name: str, project: Path) -> automation.Stack | None:
    try:
        return open_stack(name, project)
    except StackNotFoundError:
        return None
    except CommandError as error:
        raise CannotPreview(_message(name, error)) from None


@contextlib.contextmanager
def _temporary_stack(name: str, project: Path) -> Iterator[automation.Stack]:
    """Create the stack in an empty backend, and a project with links to everything but copies of the stack files.

    The CLI writes a salt into the stack file when it creates a stack. Only ``pulumi stack init`` may change the
    project's own file.
    """
    with tempfile.TemporaryDirectory(prefix="pangeo-preview-") as folder:
        copy, backend = Path(folder, "project"), Path(folder, "backend")
        copy.mkdir()
        backend.mkdir()
        for entry in project.iterdir():
            if entry.name != STACKS.name:
                (copy / entry.name).symlink_to(entry.resolve())
        shutil.copytree(project / STACKS, copy / STACKS)
        variables = {"PULUMI_BACKEND_URL": backend.as_uri()}
        if not has_passphrase(name, project / STACKS):
            # The file has no secrets, so the passphrase does not matter.
            variables[VARIABLE] = secrets.token_urlsafe(32)
        try:
            stack = open_stack(name, copy, variables=variables, create=True)
        except CommandError as error:
            raise CannotPreview(_message(name, error)) from None
        yield stack


def preview_command(name: str, report: Path, passphrases: Path | None) -> PreviewCommand:
    """Return the command that previews a stack of the project in the working directory, with the stack's passphrase.

    Args:
        name: the stack.
        report: the file for the report.
        passphrases: a folder with a file for each stack; without it, the environment has one passphrase for all.

    Raises:
        CannotPreview: the stack has secrets, and its passphrase is missing.
    """
    environment = dict(os.environ)
    own = passphrase_variables(name, environment, passphrases)
    if passphrases:
        for variable in (VARIABLE, FILE_VARIABLE):
            environment.pop(variable, None)
    command = [sys.executable, "-m", "ci", "preview", "--report", str(report), "--", name]
    return PreviewCommand(command, {**environment, **own})


def switch_notes(environment: Mapping[str, str]) -> list[str]:
    """Notes for the reader about the pre-flight checks that only warn in this environment."""
    notes = {
        DNS_CHECK_VARIABLE: DNS_NOT_REQUIRED,
        CLUSTER_CHECK_VARIABLE: CLUSTER_NOT_REQUIRED,
        DIRECTORY_CHECK_VARIABLE: DIRECTORY_NOT_REQUIRED,
    }
    return [note for variable, note in notes.items() if environment.get(variable) == "warn"]


def _message(name: str, error: CommandError) -> str:
    errors = "; ".join(error_lines(str(error)))
    backend = os.environ.get("PULUMI_BACKEND_URL") or "the backend of `pulumi login`"
    return f"the stack {name} could not be opened in {backend.partition('?')[0]}: {errors}"
