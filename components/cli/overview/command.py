"""The table of all tenancies: reads their stack files, checks them at the same time, prints a row for each."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from components.cli.check import chosen_stacks
from components.cli.diagnose.checks import CheckEnvironment
from components.cli.diagnose.result import EXIT_FAILED, EXIT_OK, broken
from components.cli.diagnose.status import status_results
from components.cli.output import console, print_json, print_rows
from components.cli.overview.observe import Limits, Observation, observe_all
from components.cli.overview.progress import progress_display
from components.cli.overview.row import HEADINGS, Row, make_row
from components.cli.pulumi_cli import PulumiFailed
from components.cli.stack import open_stack
from components.config.problems import InvalidTenancy
from components.config.types import format_count
from components.escape import escape_control_characters
from components.programs import CI_VARIABLE, LOG_IN_VARIABLE

STACK_FILE, ENCRYPTED = "stack file", "encrypted settings"
"""Subjects of results about the stack file itself."""


def show_overview(folder: Path, env: CheckEnvironment, limits: Limits, *, as_json: bool) -> int:
    """Check every tenancy that has a stack file, without drift, and print the table. Return the exit code.

    Raises:
        InvalidTenancy: there are no stack files.
    """
    stacks = chosen_stacks([], folder)
    began = time.monotonic()
    rows = check_tenancies(stacks, env, limits)
    code = EXIT_FAILED if any(row.has_problem for row in rows) else EXIT_OK
    if as_json:
        print_json({"tenancies": [row.as_json() for row in rows], "exitCode": code})
        return code
    print_rows(HEADINGS, [row.cells() for row in rows])
    # Below the table, and folded by the terminal: a column for them would fill a narrow terminal.
    problems = [escape_control_characters(f"{row.stack}: {row.problem}") for row in rows if row.problem]
    if problems:
        print("\n".join(["", *problems]))
    print(f"\n{_summary(rows)} ({time.monotonic() - began:.0f} s)")
    return code


def check_tenancies(stacks: Sequence[str], env: CheckEnvironment, limits: Limits) -> list[Row]:
    """Check tenancies at the same time, with progress on standard error; return their rows in the given order."""
    # Nobody can log in to several clusters at once, and only one program can use the terminal.
    variables = {name: value for name, value in env.environment.items() if name != LOG_IN_VARIABLE}
    unattended = replace(env, environment={**variables, CI_VARIABLE: "true"}, report=lambda _: None)
    with progress_display(len(stacks), console(stderr=True)) as progress:
        found = observe_all(
            stacks,
            lambda observation: observe(observation, unattended),
            limits,
            on_start=progress.show_start,
            on_end=progress.show_end,
        )
    return [make_row(each.stack, each.tenancy, each.results, env.now) for each in found]


def observe(observation: Observation, env: CheckEnvironment) -> None:
    """Read the stack file and run the checks of ``status``, and complete the observation with each result."""
    try:
        opened = open_stack(observation.stack)
    except (InvalidTenancy, PulumiFailed) as error:
        fix = f"python -m components check {observation.stack}"
        observation.results.append(broken(STACK_FILE, " ".join(str(error).split()), fix))
        return
    observation.tenancy = opened.tenancy
    try:
        opened = opened.with_kubeconfig()
    except (InvalidTenancy, PulumiFailed) as error:
        # The checks without the cluster still run; that of the cluster reports that the kubeconfig cannot be used.
        observation.results.append(broken(ENCRYPTED, " ".join(str(error).split()), "set the stack's passphrase"))
    for result in status_results(opened.tenancy, stack=observation.stack, env=env):
        observation.results.append(result)


def _summary(rows: Sequence[Row]) -> str:
    failed = [row for row in rows if row.has_problem]
    text = f"{format_count(len(rows), 'stack')}, {len(failed)} with a problem"
    example = f"; python -m components status {failed[0].stack} shows what to do" if failed else ""
    return f"{text}{example}"
