"""``python -m bench``: measure all figures, or the named ones, and print a table."""

import signal
import sys
import time
from collections.abc import Sequence
from datetime import date
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from bench.figures import FIGURES
from bench.measurements import Measurement
from bench.process import RunFailed
from bench.report import load_of_last_minute, page_with, terminal_table
from local.failure import Failure
from local.paths import PROJECT, State
from local.progress import Report
from tests.support.person import HubFailed

PAGE = PROJECT / "docs" / "measurements.md"
INTERRUPTED = 130
"""Exit code after an interrupt."""

WIDTH = 160
"""Width of the table in columns if standard output is not a terminal."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    figures: Annotated[list[str] | None, typer.Argument(help=f"{', '.join(FIGURES)}; default: all")] = None,
    repetitions: Annotated[
        int | None, typer.Option(min=1, max=50, help="repetitions per figure; the default differs by figure")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="also update the rows in docs/measurements.md")] = False,
) -> None:
    """Measure the figures and print them as a table.

    Exit code 1 if a figure misses its limit or could not be measured.
    """
    console = Console(soft_wrap=False, width=None if sys.stdout.isatty() else WIDTH)
    unknown = sorted(set(figures or ()) - set(FIGURES))
    if unknown:
        console.print(f"{', '.join(unknown)} is not a figure; the figures are {', '.join(FIGURES)}", highlight=False)
        sys.exit(2)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        succeeded = _measure(console, [name for name in FIGURES if name in (figures or FIGURES)], repetitions, write)
    except KeyboardInterrupt:
        console.print("interrupted; everything created for the current figure was removed", highlight=False)
        sys.exit(INTERRUPTED)
    if not succeeded:
        sys.exit(1)


def _measure(console: Console, names: Sequence[str], repetitions: int | None, write: bool) -> bool:
    """Measure the named figures; return whether all could be measured and none missed its limit."""
    state, steps = State(), Report(console)
    measurements: list[Measurement] = []
    failures: list[str] = []
    minutes = sum(FIGURES[name].minutes for name in names)
    console.print(f"{', '.join(names)}: about {minutes:g} min on an idle machine", highlight=False)
    began = time.monotonic()
    for name in names:
        figure, load = FIGURES[name], load_of_last_minute()
        try:
            with steps.step(f"Measuring {name}, about {figure.minutes:g} min"):
                found = figure.measure(state, repetitions or figure.repetitions)
        except (RunFailed, HubFailed, Failure) as error:
            failures.append(f"{name}: {error}")
            continue
        measurements += found
        if write:
            # After each figure, so that an interrupt loses only the current one.
            PAGE.write_text(page_with(PAGE.read_text(), found, date.today(), load))
    console.print(terminal_table(measurements))
    for failure in failures:
        console.print(f"[red]✗[/] {escape(failure)}", highlight=False)
    console.print(f"{(time.monotonic() - began) / 60:.1f} min", highlight=False)
    return not failures and all(each.verdict != "missed" for each in measurements)


if __name__ == "__main__":
    app()
