"""The command line ``python -m components``: reads arguments, calls one function, prints, returns an exit code."""

import os
import sys
from typing import Annotated

import typer

from components.cli.arguments import AsJson, CaFile, OneStack, Stack, Stacks, check_environment, examples
from components.cli.backup_app import backup
from components.cli.bind_password import deferred_password, require_password
from components.cli.capacity import print_capacities, stack_capacities
from components.cli.check import check_stacks
from components.cli.diagnose.doctor import diagnose
from components.cli.diagnose.drift import check_drift
from components.cli.diagnose.result import EXIT_FAILED, EXIT_OK
from components.cli.diagnose.status import check_status
from components.cli.images.command import check_images, parse_image
from components.cli.members_app import members
from components.cli.new import new
from components.cli.output import console, print_json, print_results
from components.cli.overview.command import show_overview
from components.cli.overview.observe import CONCURRENCY, TIMEOUT_SECONDS, Limits
from components.cli.remove.command import remove_tenancy
from components.cli.repair.command import repair_stack
from components.cli.stack import open_stack
from components.cli.terminal import ask, errors_reported, exit_with, has_named, report
from components.cli.terms import terms
from components.cli.usage.command import usage
from components.cli.verify.checks import CHECK_LIST, CHECKS
from components.cli.verify.command import INTERRUPTED_EXIT, LIMIT_SECONDS
from components.cli.verify.command import verify as verify_tenancy
from components.cli.verify.context import Context
from components.cli.verify.progress import Progress
from components.config.stack_file import STACKS, stacks
from components.programs import report_on_stderr
from components.version import program_version

DAY_SECONDS = 86_400
"""Longest time limit that an option accepts."""

EXIT_CODES = "Exit code 1: a check failed; 3: no check failed, but some could not run."

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Commands for the operator of a tenancy. A stack is given by its name or by its file.",
    epilog=examples("check", "doctor vis --user alice", "members add vis alice"),
    rich_markup_mode=None,
)
app.add_typer(members, name="members")
app.add_typer(backup, name="backup")


def _print_version(value: bool) -> None:
    if value:
        print(program_version())
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the program's version.")
    ] = False,
) -> None:
    """Read the options that precede a command."""


app.command(epilog=examples("new vis", "new vis --external-ip 192.171.139.83 --cpus 2 --ram-gb 4 --storage-gb 10"))(new)
app.command(epilog=examples("usage vis --from 2026-11-01 --to 2026-11-30", "usage vis --format markdown"))(usage)
app.command(epilog=examples("terms vis", "terms vis --json"))(terms)


@app.command(epilog=examples("check", "check vis --dns", "check --json"))
def check(
    stack: Stacks = None,
    dns: Annotated[bool, typer.Option("--dns", help="Also resolve each pangeoDomain, as a preview does.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check stack files, without engine, cluster or secrets.

    Exit code 1: a stack file has a problem.
    """
    with errors_reported():
        reports = check_stacks(stack or [], STACKS, resolve_domains=dns, environment=os.environ)
    if as_json:
        print_json([report.as_json() for report in reports])
    else:
        print("\n".join(line for report in reports for line in report.lines()))
    sys.exit(EXIT_OK if all(report.is_good for report in reports) else EXIT_FAILED)


@app.command(epilog=examples("capacity", "capacity vis"))
def capacity(stack: Stacks = None, as_json: AsJson = False) -> None:
    """Calculate how many notebooks fit on the stated nodes.

    The nodes are those in pangeo:workers; the cluster is not read.
    """
    with errors_reported():
        capacities, errors = stack_capacities(stack or [], STACKS)
    print_capacities(capacities, as_json=as_json)
    exit_with(errors)


@app.command(epilog=examples("status", "status vis", "status vis --no-drift --json") + f"\n\n{EXIT_CODES}")
def status(
    stack: Annotated[
        str | None, typer.Argument(help="Name or file of the stack. Default: all, or the only one.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Show the table of all, even if there is only one.")] = False,
    ca_file: CaFile = None,
    no_drift: Annotated[bool, typer.Option("--no-drift", help="Leave out the preview, which takes a minute.")] = False,
    concurrency: Annotated[
        int, typer.Option(min=1, help="Number of tenancies that are checked at the same time, for the table.")
    ] = CONCURRENCY,
    timeout: Annotated[
        float,
        typer.Option(min=1, max=DAY_SECONDS, help="Time in seconds after which a tenancy is given up, for the table."),
    ] = TIMEOUT_SECONDS,
    as_json: AsJson = False,
) -> None:
    """Check all parts of a tenancy, and drift; or of all tenancies, in one table without drift.

    They are the Helm release, pods, notebook servers, homes, domain, certificates, the hub and the directory servers.
    Without a stack, a table has a row for each tenancy; its exit code is 1 if one has a problem.
    """
    if stack is not None and every:
        raise typer.BadParameter("--all is for all stacks; leave out the name")
    if every or (stack is None and len(stacks(STACKS)) != 1):
        with errors_reported():
            limits = Limits(concurrency, timeout)
            sys.exit(show_overview(STACKS, check_environment(ca_file), limits, as_json=as_json))
    with errors_reported(), console(stderr=True).status("checking"):
        opened = open_stack(stack).with_kubeconfig()
        project = opened.path.resolve().parent.parent
        results = check_status(
            opened.tenancy,
            stack=opened.name,
            env=check_environment(ca_file),
            drift=None if no_drift else lambda: check_drift(opened.name, project, os.environ),
        )
    sys.exit(print_results(opened.name, results, as_json=as_json))


@app.command(epilog=examples("doctor vis", "doctor vis --user alice") + f"\n\n{EXIT_CODES}")
def doctor(
    stack: Stack = None,
    user: Annotated[str | None, typer.Option(help="User that cannot log in.")] = None,
    ca_file: CaFile = None,
    as_json: AsJson = False,
) -> None:
    """Check every step of a log-in, from the browser to FreeIPA."""
    with errors_reported():
        opened = open_stack(stack).with_kubeconfig()
        env = check_environment(ca_file)
        password = deferred_password(opened)
        with console(stderr=True).status("checking"):
            results = diagnose(opened.tenancy, stack=opened.name, user=user, password=password, env=env)
    sys.exit(print_results(opened.name, results, as_json=as_json, user=user))


@app.command(epilog=f"{CHECK_LIST}\n\n{examples('verify vis', 'verify vis --json')}\n\n{EXIT_CODES}")
def verify(
    stack: Stack = None,
    ca_file: CaFile = None,
    limit: Annotated[
        float, typer.Option(min=1, max=DAY_SECONDS, help="Seconds for all checks, without the removal.")
    ] = LIMIT_SECONDS,
    as_json: AsJson = False,
) -> None:
    """Try what users do, and what must be blocked, as a user that the hub creates for this run only.

    The command starts the smallest server, and a Dask cluster. It removes all of this again, also after Ctrl+C; after a
    kill, the hub removes it within minutes. Nobody's account is used.
    """
    with errors_reported():
        opened = open_stack(stack).with_kubeconfig()
        context = Context(opened.tenancy, opened.name, check_environment(ca_file), limit)
        with Progress() as progress:
            results, received = verify_tenancy(context, CHECKS, progress)
    code = print_results(opened.name, results, as_json=as_json)
    sys.exit(INTERRUPTED_EXIT + received if received else code)


@app.command(
    epilog=examples("images vis", "images vis --image registry.example.org/team/notebook:2") + f"\n\n{EXIT_CODES}"
)
def images(
    stack: Stack = None,
    image: Annotated[
        list[str] | None,
        typer.Option(help="Try this image instead of those of the stack file. Can be given several times."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start each image of notebooks once, and compare its versions with those of the hub and the Dask gateway.

    Each image runs for a moment in a pod in the tenancy's namespace, without a user's data.
    """
    with errors_reported():
        opened = open_stack(stack).with_kubeconfig()
        others = [parse_image(each, "--image") for each in image or []]
        results = check_images(opened.tenancy, others, os.environ, report_on_stderr)
    sys.exit(print_results(opened.name, results, as_json=as_json))


@app.command(epilog=examples("repair vis", "repair vis --yes", "repair vis --interrupted"))
def repair(
    stack: Stack = None,
    yes: Annotated[bool, typer.Option("--yes", help="Repair without a question.")] = False,
    interrupted: Annotated[
        bool,
        typer.Option(
            "--interrupted",
            help="State that neither pulumi nor helm is running on this tenancy any more. Needed for 20 minutes after "
            "the run that was killed began.",
        ),
    ] = False,
) -> None:
    """Repair what a killed run left in the cluster and in the state.

    The command reports what it will do and asks before it changes anything. It changes a Helm release only if both the
    stack's state and the cluster show that a run was interrupted. Users' home volumes are not changed.

    Exit code 1: something still needs a repair, or the repair was refused.
    """
    with errors_reported():
        is_repaired = repair_stack(
            open_stack(stack).with_kubeconfig(),
            confirm=lambda: yes or ask("Do this?"),
            is_interrupted=interrupted,
            environment=os.environ,
            report=report,
        )
    sys.exit(EXIT_OK if is_repaired else EXIT_FAILED)


@app.command(epilog=examples("remove vis", "remove vis --yes vis-pangeo"))
def remove(
    stack: OneStack,
    yes: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The clusterName, to confirm without a question."),
    ] = None,
) -> None:
    """Delete what pulumi destroy kept: the namespace with all homes, and the users' group.

    Run pulumi destroy first. The command deletes only what a destroy of this stack kept, and shows it before it asks
    for the cluster's name. The files of all users are lost.

    Exit code 1: something remains, or the removal was refused.
    """
    with errors_reported():
        opened = open_stack(stack)
        password = require_password(opened)
        is_removed = remove_tenancy(
            opened.with_kubeconfig(),
            password=password,
            confirm=lambda name: has_named(name, yes),
            environment=os.environ,
            report=report,
        )
    sys.exit(EXIT_OK if is_removed else EXIT_FAILED)
