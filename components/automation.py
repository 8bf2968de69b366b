"""Stacks opened through Pulumi's Automation API, without selecting them.

The API itself selects every stack that it opens. The operator's next command without ``--stack`` would then run on that
stack, and several processes would write the same file in Pulumi's home.
"""

import contextlib
import os
import runpy
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from pulumi import automation

PROGRAM = "__main__.py"

_RUNTIME_VARIABLES = ("PULUMI_RUNTIME_VIRTUALENV", "PULUMI_RUNTIME_TOOLCHAIN")


def open_stack(
    name: str,
    folder: Path,
    *,
    variables: Mapping[str, str] | None = None,
    create: bool = False,
    inline: bool = False,
    program: Callable[[], None] | None = None,
    command: automation.PulumiCommand | None = None,
) -> automation.Stack:
    """Open a stack of the project in a folder, without selecting it.

    Args:
        name: the stack's name.
        folder: holds ``Pulumi.yaml`` and ``__main__.py``.
        variables: environment variables for the engine, and for the program if it runs inline.
        create: whether to create the stack if the backend does not have it.
        inline: whether this process runs the project's program. It then needs no language plugin, but only one stack
            at a time can be previewed or deployed, because the working directory and the variables belong to the whole
            process.
        program: a function to run inline instead of the project's program.
        command: the Pulumi CLI; by default ``pulumi`` on PATH.

    Raises:
        StackNotFoundError: the backend has no such stack, and ``create`` is false.
        CommandError: the backend or the stack cannot be opened; carries the CLI's output.
    """
    environment = dict(variables or {})
    if inline or program:
        environment |= provider_variables(environment)
    workspace = _Workspace(
        work_dir=str(folder),
        env_vars=environment,
        program=program or ((lambda: run_program(folder, environment)) if inline else None),
        pulumi_command=command,
    )
    return automation.Stack.create_or_select(name, workspace) if create else automation.Stack.select(name, workspace)


def provider_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables with which the engine starts dynamic providers with the interpreter of this process.

    If a program runs inline, the engine has no language host that knows the interpreter. Pulumi's launcher
    ``pulumi-resource-pulumi-python`` then runs ``python3`` of PATH, which may not have the project's packages. It
    prefers
    ``PULUMI_PYTHON_CMD``, and before that what the variables ``PULUMI_RUNTIME_…`` name.
    """
    inherited = [name for name in _RUNTIME_VARIABLES if variables.get(name) or os.environ.get(name)]
    return {"PULUMI_PYTHON_CMD": sys.executable, **dict.fromkeys(inherited, "")}


def run_program(folder: Path, variables: Mapping[str, str]) -> None:
    """Run a project's program in its folder with additional environment variables, and restore both afterwards."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        with contextlib.chdir(folder):
            runpy.run_path(str(folder / PROGRAM), run_name="__main__")
    finally:
        os.environ.clear()
        os.environ.update(before)


class _Workspace(automation.LocalWorkspace):
    def select_stack(self, stack_name: str) -> None:
        """Check that the backend has the stack, and select nothing."""
        self.pulumi_command.run(["stack", "--show-name", "--stack", stack_name], self.work_dir, self.env_vars)

    def create_stack(self, stack_name: str) -> None:
        """Create the stack, and select nothing."""
        self.pulumi_command.run(["stack", "init", stack_name, "--no-select"], self.work_dir, self.env_vars)
