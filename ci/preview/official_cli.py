"""Previews by the official Pulumi CLI, on the back-end and with the passphrase of the environment."""

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

from ci.preview.engine_preview import CLUSTER_NOT_ASKED, DNS_NOT_ASKED, CannotPreview, last_words
from ci.preview.passphrases import FILE_VARIABLE, VARIABLE, has_passphrase, variables_for
from ci.preview.preview_all import PreviewCommand
from components.automation import open_stack
from components.config.stack_file import STACKS
from components.preflight.cluster import CLUSTER_CHECK_VARIABLE
from components.preflight.dns import DNS_CHECK_VARIABLE

PROGRAMS = ("pulumi", "pulumi-language-python")
"""What the official CLI puts on PATH and a preview needs."""

FIRST = (
    "The back-end has no stack {stack} yet, so this is what a first deployment would make. It was previewed against an "
    "empty back-end that is gone now"
)


def missing_programs(path: str | None = None) -> list[str]:
    """The programs of the official CLI that are not on ``path``, by default the environment's."""
    return [program for program in PROGRAMS if shutil.which(program, path=path) is None]


def need_cli() -> None:
    """Go on only with the official CLI.

    Raises:
        CannotPreview: it is not there.
    """
    missing = missing_programs()
    if missing:
        raise CannotPreview(f"{' and '.join(missing)} not on PATH: install the Pulumi CLI")


@contextlib.contextmanager
def official_stack(name: str, project: Path) -> Iterator[tuple[automation.Stack, list[str]]]:
    """The stack of the project in ``project``, as the back-end of the environment has it, and notes about it.

    A stack that the back-end does not have is created in an empty temporary back-end, in a copy of the project.

    Raises:
        CannotPreview: no CLI, no log-in to the back-end, a wrong passphrase.
    """
    need_cli()
    try:
        yield open_stack(name, project), []
        return
    except StackNotFoundError:
        pass
    except CommandError as refused:
        raise CannotPreview(_reason(name, refused)) from None
    with _temporary_stack(name, project) as stack:
        yield stack, [FIRST.format(stack=name)]


@contextlib.contextmanager
def _temporary_stack(name: str, project: Path) -> Iterator[automation.Stack]:
    """The stack in an empty back-end, and the project with a copy of its stack files.

    The CLI writes a salt into the file of a stack that it creates; only ``pulumi stack init`` may do that to the
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
            # A file without a salt has no secrets, so any passphrase will do.
            variables[VARIABLE] = secrets.token_urlsafe(32)
        try:
            stack = open_stack(name, copy, variables=variables, create=True)
        except CommandError as refused:
            raise CannotPreview(_reason(name, refused)) from None
        yield stack


def preview_command(name: str, report: Path, passphrases: Path | None) -> PreviewCommand:
    """The command that previews a stack of the project in the working directory, with the stack's passphrase.

    Args:
        name: the stack.
        report: the file for the report.
        passphrases: a folder with a file for each stack; without it, one passphrase for all is in the environment.

    Raises:
        CannotPreview: the stack has secrets, and its passphrase is missing.
    """
    environment = dict(os.environ)
    own = variables_for(name, environment, passphrases)
    if passphrases:
        for variable in (VARIABLE, FILE_VARIABLE):
            environment.pop(variable, None)
    command = [sys.executable, "-m", "ci", "preview", "--report", str(report), "--", name]
    return PreviewCommand(command, {**environment, **own})


def notes_on(environment: Mapping[str, str]) -> list[str]:
    """What the two switches of the program's own checks mean for a preview."""
    notes = {DNS_CHECK_VARIABLE: DNS_NOT_ASKED, CLUSTER_CHECK_VARIABLE: CLUSTER_NOT_ASKED}
    return [note for variable, note in notes.items() if environment.get(variable) == "warn"]


def _reason(name: str, refused: CommandError) -> str:
    errors = "; ".join(last_words(str(refused)))
    backend = os.environ.get("PULUMI_BACKEND_URL") or "the back-end of `pulumi login`"
    return f"the stack {name} could not be opened in {backend.partition('?')[0]}: {errors}"
