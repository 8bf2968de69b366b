"""Command line of the local tenancy, called by the Makefile."""

import os
import sys
from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console

from local import lifecycle
from local.failure import Failure
from local.host.locks import lock_tenancy
from local.paths import State
from local.progress import Report
from local.tenancy.proxies import exempt_tenancy

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
User = Annotated[str, typer.Argument(help="a directory user, e.g. alice")]


@app.command()
def up() -> None:
    """Build and start everything that is missing, until the hub answers."""
    _run_alone("up", lifecycle.up)


@app.command()
def tools() -> None:
    """Install the Debian packages and all Go tools."""
    _run_alone("tools", lifecycle.install_tools)


@app.command()
def image() -> None:
    """Build the image of ``images/pangeo`` and run its example notebooks."""
    _run_alone("image", lifecycle.build_image)


@app.command()
def down() -> None:
    """Stop every process; data, images and tools stay."""
    _run_alone("down", lifecycle.down)


@app.command()
def wipe() -> None:
    """Stop everything and delete the cluster, the directory and all volumes; tools and images stay."""
    _run_alone("wipe", lifecycle.wipe)


@app.command()
def status() -> None:
    """Show every process, and whether cluster, directory and hub answer; exit code 1 if something does not."""
    _run(lifecycle.status)


@app.command()
def preview() -> None:
    """Show what the engine would change."""
    _run(lifecycle.preview)


@app.command()
def shell(
    command: Annotated[
        list[str] | None, typer.Argument(help="one command instead of an interactive shell, after --; e.g. kubectl")
    ] = None,
) -> None:
    """Open a shell in which kubectl, pulumi and python -m components work on the local tenancy."""
    _run(lambda state, _report: lifecycle.shell(state, command or []))


@app.command()
def verify() -> None:
    """Verify the running tenancy; exit code 1 if a check failed."""
    _run_alone("verify", lifecycle.verify)


@app.command()
def destroy() -> None:
    """Remove the stack's resources; users' home volumes stay."""
    _run_alone("destroy", lifecycle.destroy)


@app.command()
def grant(user: User) -> None:
    """Let a directory user log in to the hub."""
    _run(lambda state, report: lifecycle.grant(state, report, user))


@app.command()
def revoke(user: User) -> None:
    """Take away a directory user's right to log in to the hub."""
    _run(lambda state, report: lifecycle.revoke(state, report, user))


def _run_alone(name: str, command: Callable[[State, Report], None]) -> None:
    def locked_command(state: State, report: Report) -> None:
        with lock_tenancy(state, report, name):
            command(state, report)

    _run(locked_command)


def _run(command: Callable[[State, Report], None]) -> None:
    report = Report()
    os.environ.update(exempt_tenancy(os.environ))
    try:
        command(State(), report)
    except Failure as failure:
        _print_failure(report.console, failure)
        sys.exit(1)
    except KeyboardInterrupt:
        report.console.print("interrupted; the next make up continues here")
        sys.exit(130)


def _print_failure(console: Console, failure: Failure) -> None:
    console.print(f"\n[red bold]{failure.message}[/]", highlight=False)
    if failure.log:
        console.print(f"  log  {failure.log}", highlight=False)
    console.print(f"  fix  {failure.fix}", highlight=False)


if __name__ == "__main__":
    app()
