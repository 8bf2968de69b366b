"""Previews by the official Pulumi CLI, on the back-end and with the passphrase of the environment."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from pulumi import automation
from pulumi.automation.errors import CommandError, StackNotFoundError

from ci.run import CLUSTER_NOT_ASKED, DNS_NOT_ASKED, last_words
from components.config.stack_file import STACKS, stack_path
from components.preflight.cluster import CLUSTER_CHECK_VARIABLE
from components.preflight.dns import DNS_CHECK_VARIABLE

PROGRAMS = ("pulumi", "pulumi-language-python")
"""What the official CLI puts on PATH and a preview needs."""

FIRST = (
    "The back-end has no stack {stack} yet, so this is what a first deployment would make. It was previewed against an "
    "empty back-end that is gone now"
)


class CannotPreview(Exception):
    """The engine could not be asked about the stack at all; the text says why and the way out."""


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

    A stack that the back-end does not have is made in an empty back-end for the time being; nothing is left of it.

    Raises:
        CannotPreview: no CLI, no log-in to the back-end, a wrong passphrase.
    """
    need_cli()
    with _selection_kept(name, project):
        try:
            yield automation.select_stack(name, work_dir=str(project)), []
            return
        except StackNotFoundError:
            pass
        except CommandError as refused:
            raise CannotPreview(_why(name, refused)) from None
        with _made_for_now(name, project) as stack:
            yield stack, [FIRST.format(stack=name)]


@contextlib.contextmanager
def _made_for_now(name: str, project: Path) -> Iterator[automation.Stack]:
    """The stack in an empty back-end, which is gone afterwards."""
    stack_file = stack_path(name, project / STACKS)
    as_it_was = stack_file.read_bytes()
    with tempfile.TemporaryDirectory(prefix="pangeo-preview-") as backend:
        try:
            options = automation.LocalWorkspaceOptions(env_vars={"PULUMI_BACKEND_URL": Path(backend).as_uri()})
            yield automation.create_stack(name, work_dir=str(project), opts=options)
        except CommandError as refused:
            raise CannotPreview(_why(name, refused)) from None
        finally:
            # Making a stack writes a salt into a file that has none; only `pulumi stack init` shall do that for good.
            stack_file.write_bytes(as_it_was)


@contextlib.contextmanager
def _selection_kept(name: str, project: Path) -> Iterator[None]:
    """The SDK selects the stack it opens. The operator's next command without ``--stack`` must not go there."""
    workspace = automation.LocalWorkspace(work_dir=str(project))
    try:
        selected = workspace.stack()
    except CommandError as refused:
        raise CannotPreview(_why(name, refused)) from None
    try:
        yield
    finally:
        words = ["stack", "select", "--stack", selected.name] if selected else ["stack", "unselect"]
        with contextlib.suppress(CommandError):
            workspace.pulumi_command.run(words, str(project), {})


def notes_on(environment: Mapping[str, str]) -> list[str]:
    """What the two switches of the program's own checks mean for a preview."""
    notes = {DNS_CHECK_VARIABLE: DNS_NOT_ASKED, CLUSTER_CHECK_VARIABLE: CLUSTER_NOT_ASKED}
    return [note for variable, note in notes.items() if environment.get(variable) == "warn"]


def _why(name: str, refused: CommandError) -> str:
    told = "; ".join(last_words(str(refused)))
    backend = os.environ.get("PULUMI_BACKEND_URL") or "the back-end of `pulumi login`"
    return f"the stack {name} could not be opened in {backend.partition('?')[0]}: {told}"
