"""Stacks of the real engine whose program runs in the test's process."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pulumi import automation
from pulumi.automation import CommandError

from tests.support.cli_calls import pulumi_command

THREAD_ENDS_SECONDS = 1.0


def create_stack(
    name: str,
    folder: Path,
    *,
    program: Callable[[], Any],
    variables: Mapping[str, str],
    tools: Path,
    settings: automation.ProjectSettings | None = None,
) -> automation.Stack:
    """Create a stack in a folder, or select the one that exists there.

    Args:
        name: the stack's name.
        folder: the workspace.
        program: declares the resources.
        variables: environment variables of the engine.
        tools: a folder ``bin`` with the Pulumi CLI.
        settings: the project; by default one with the name ``pangeo``.
    """
    return automation.create_or_select_stack(
        name,
        project_name=settings.name if settings else "pangeo",
        program=program,
        opts=automation.LocalWorkspaceOptions(
            work_dir=str(folder),
            project_settings=settings,
            env_vars=dict(variables),
            pulumi_command=pulumi_command(tools),
        ),
    )


@contextmanager
def pause_after_failure() -> Iterator[None]:
    """Pause if the run in this block fails: its thread continues for a moment and would stop the next run's loop."""
    try:
        yield
    except CommandError:
        time.sleep(THREAD_ENDS_SECONDS)
        raise
