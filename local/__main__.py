"""``make up`` and its companions: a whole tenancy on one machine."""

import sys
from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console

from local import lifecycle
from local.failure import Failure
from local.host import packages, requirements
from local.host.locks import turn
from local.paths import State
from local.progress import Report
from local.tools import toolchain

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
User = Annotated[str, typer.Argument(help="a directory user, e.g. alice")]


@app.command()
def up() -> None:
    """Everything, from nothing to a hub that answers; only what is missing is done."""
    _alone("up", lifecycle.up)


@app.command()
def tools() -> None:
    """The Debian packages and the Go tools."""

    def install(state: State, report: Report) -> None:
        requirements.check(state)
        packages.install(state, report)
        toolchain.install(state, report, toolchain.tools())

    _alone("tools", install)


@app.command()
def down() -> None:
    """Stop every process; data, images and tools stay."""
    _alone("down", lifecycle.down)


@app.command()
def wipe() -> None:
    """Stop, and forget the cluster, the directory and all volumes; tools and images stay."""
    _alone("wipe", lifecycle.wipe)


@app.command()
def status() -> None:
    """What runs, and whether it answers; exit code 1 when something does not."""
    _run(lifecycle.status)


@app.command()
def preview() -> None:
    """What the engine would change."""
    _run(lifecycle.preview)


@app.command()
def destroy() -> None:
    """Remove what the stack declares; users' home volumes stay."""
    _alone("destroy", lifecycle.destroy)


@app.command()
def grant(user: User) -> None:
    """Let a directory user log in to the hub."""
    _run(lambda state, report: lifecycle.grant(state, report, user))


@app.command()
def revoke(user: User) -> None:
    """Take a directory user's right to log in to the hub."""
    _run(lambda state, report: lifecycle.revoke(state, report, user))


def _alone(name: str, command: Callable[[State, Report], None]) -> None:
    def when_its_turn_comes(state: State, report: Report) -> None:
        with turn(state, report, name):
            command(state, report)

    _run(when_its_turn_comes)


def _run(command: Callable[[State, Report], None]) -> None:
    report = Report()
    try:
        command(State(), report)
    except Failure as failure:
        _tell(report.console, failure)
        sys.exit(1)
    except KeyboardInterrupt:
        report.console.print("stopped; the next make up goes on where this one was")
        sys.exit(130)


def _tell(console: Console, failure: Failure) -> None:
    console.print(f"\n[red bold]{failure.what}[/]", highlight=False)
    if failure.log:
        console.print(f"  log     {failure.log}", highlight=False)
    console.print(f"  way on  {failure.way_on}", highlight=False)


if __name__ == "__main__":
    app()
