"""``make preview STACK=vis``: the preview that CI makes, also on a machine without the official CLI and its plugins.

With the official CLI on PATH this is ``python -m ci preview``, and ``STACK=all`` is ``python -m ci previews``. Without
it the stand-ins run the same program on an empty back-end: what a first deployment of the stack file would make, its
policies and its warnings. No cluster, no directory and no DNS is asked, and nothing outside a temporary folder is
written but the summaries.
"""

import argparse
import contextlib
import os
import runpy
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from pulumi import automation
from rich.console import Console

from ci.__main__ import main as ci
from ci.affected import tenancies
from ci.many import previews
from ci.official import missing_programs
from ci.run import policies_of, preview
from ci.tell import Summaries, tell, tell_of_many
from components.config.problems import InvalidTenancy
from components.config.stack_file import stacks
from local.failure import Failure
from local.paths import PROJECT, State
from local.previews.stand_in_stacks import stack_without_secrets, stand_in_stacks, workspace
from previews import CannotWarmUp, InFlight

ALL = "all"


@contextlib.contextmanager
def stand_in_stack(name: str, state: State, folder: Path) -> Iterator[tuple[automation.Stack, list[str]]]:
    """The stack ``name`` of the repository in a workspace and a back-end below ``folder``, and notes about it.

    Raises:
        Failure: the engine is not built.
        InvalidTenancy: the stack file says something wrong.
    """
    text, notes = stack_without_secrets(name)
    there = workspace(state, folder)
    environment = {**there.environment, **there.put(name, text)}
    with _variables(environment):
        yield (
            automation.create_stack(
                name,
                project_name="pangeo",
                program=lambda: _program(there.folder),
                opts=automation.LocalWorkspaceOptions(
                    work_dir=str(there.folder),
                    env_vars=environment,
                    pulumi_command=automation.PulumiCommand(root=str(state.root)),
                ),
            ),
            notes,
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="make preview STACK=…", description="Preview a tenancy as CI does, or all.")
    parser.add_argument("stack", help=f"a tenancy, or {ALL}")
    parser.add_argument("--markdown", type=Path, help=f"a file for the Markdown summary; with {ALL} a folder")
    parser.add_argument(
        "--passphrases", type=Path, help=f"with {ALL} and the official CLI: a folder with a file for each stack"
    )
    options = parser.parse_args(arguments)
    if options.passphrases and options.stack != ALL:
        parser.error(f"PASSPHRASES is for STACK={ALL}; for one tenancy set PULUMI_CONFIG_PASSPHRASE_FILE")
    state = State()
    look = _all if options.stack == ALL else _one
    try:
        with tempfile.TemporaryDirectory(prefix="pangeo-preview-") as folder:
            return look(options, state, Path(folder))
    except (Failure, InvalidTenancy, CannotWarmUp) as failure:
        way_on = f"\n  way on  {failure.way_on}" if isinstance(failure, Failure) else ""
        Console(stderr=True).print(f"{failure}{way_on}", highlight=False, markup=False)
        return 1


def _one(options: argparse.Namespace, state: State, folder: Path) -> int:
    summary = options.markdown or state.root / "previews" / f"{options.stack}.md"
    if not missing_programs():
        return ci(["preview", options.stack, "--markdown", str(summary)])
    with stand_in_stack(options.stack, state, folder) as (stack, notes):
        found = preview(stack, policies=policies_of(PROJECT), notes=notes)
    return tell(found, markdown_file=summary)


def _all(options: argparse.Namespace, state: State, folder: Path) -> int:
    summaries = (options.markdown or state.root / "previews").absolute()
    if not missing_programs():
        passphrases = ["--passphrases", str(options.passphrases)] if options.passphrases else []
        return ci(["previews", "--markdown", str(summaries), *passphrases])
    names = tenancies(stacks(PROJECT / "stacks"))
    policies, in_flight = policies_of(PROJECT), InFlight.of_machine()
    with stand_in_stacks(state, folder) as (warm, opened):
        return tell_of_many(
            names,
            lambda started: previews(warm, names, opened, started, policies=policies, in_flight=in_flight),
            Summaries(summaries),
        )


def _program(folder: Path) -> None:
    with contextlib.chdir(folder):
        runpy.run_path(str(folder / "__main__.py"), run_name="__main__")


@contextlib.contextmanager
def _variables(environment: dict[str, str]) -> Iterator[None]:
    """An inline program runs in this process and sees its variables."""
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


if __name__ == "__main__":
    sys.exit(main())
