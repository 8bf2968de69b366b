"""``make bench``: every figure, or those named, as a table, a plot and a JSON file with the machine's facts."""

import signal
import sys
import time
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from bench import machine, plot, record, report
from bench.figures import FIGURES
from bench.people import HubFailed
from bench.process import RunFailed
from bench.record import NotReadable, Taken
from local.failure import Failure
from local.paths import PROJECT, State
from local.progress import Report

DOCUMENT = PROJECT / "docs" / "measurements.md"
PLOT = PROJECT / "docs" / "images" / "bench.svg"
RECORD = PROJECT / "docs" / "measurements.json"
"""Beside the page and as lasting: a run of some figures, on another machine too, keeps the others'."""

BEGIN, END = "<!-- make bench writes from here -->", "<!-- to here -->"
INTERRUPTED = 130
WIDTH = 160
"""Of the table where no terminal says how wide it is."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    figures: Annotated[list[str] | None, typer.Argument(help=f"{', '.join(FIGURES)}; all without a name")] = None,
    repetitions: Annotated[
        int | None, typer.Option(min=1, max=50, help="how often each is taken; by default as each figure needs")
    ] = None,
    keep: Annotated[
        bool, typer.Option(help="write docs/measurements.md, its plot and docs/measurements.json, or only print")
    ] = True,
) -> None:
    """Measure, and say how each figure stands to its limit. Exit code 1 where one is missed or could not be taken.

    Figures that were taken before, and are not now, stay in what is written.
    """
    console = Console(soft_wrap=False, width=None if sys.stdout.isatty() else WIDTH)
    unknown = sorted(set(figures or ()) - set(FIGURES))
    if unknown:
        console.print(f"no such figure: {', '.join(unknown)}; there are {', '.join(FIGURES)}", highlight=False)
        sys.exit(2)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    names = [name for name in FIGURES if name in (figures or FIGURES)]
    try:
        missed = _take(console, names, repetitions, keep=keep)
    except NotReadable as error:
        console.print(f"[red]✗[/] {escape(str(error))}", highlight=False)
        sys.exit(2)
    except KeyboardInterrupt:
        console.print("stopped; what was made for the figure under way is removed", highlight=False)
        sys.exit(INTERRUPTED)
    if missed:
        sys.exit(1)


def _take(console: Console, names: Sequence[str], repetitions: int | None, *, keep: bool) -> bool:
    """Take the figures, and write them where they are kept; whether one is missed or failed."""
    state, steps = State(), Report(console)
    kept = record.read(RECORD) if keep else ()
    taken: list[Taken] = []
    failed: list[str] = []
    expected = sum(FIGURES[name].minutes for name in names)
    console.print(f"about {expected:g} min where nothing else is at work: {', '.join(names)}", highlight=False)
    began = time.monotonic()
    for name in names:
        figure, facts = FIGURES[name], machine.facts()
        try:
            with steps.step(f"Measuring {name}, about {figure.minutes:g} min"):
                findings = figure.measure(state, repetitions or figure.repetitions)
        except (RunFailed, HubFailed, Failure) as error:
            failed.append(f"{name}: {error}")
            continue
        taken += [Taken.now(name, finding, facts) for finding in findings]
        if keep:
            # Not at the end: what follows may take long, or be stopped.
            _write(record.merged(kept, taken, FIGURES))
    console.print(report.table([each.finding for each in taken]))
    for said in failed:
        console.print(f"[red]✗[/] {escape(said)}", highlight=False)
    console.print(f"{(time.monotonic() - began) / 60:.1f} min", highlight=False)
    if keep and taken:
        places = ", ".join(str(place.relative_to(PROJECT)) for place in (DOCUMENT, PLOT, RECORD))
        console.print(f"written: {places}", highlight=False)
    return bool(failed) or any(each.finding.verdict == "missed" for each in taken)


def _write(taken: Sequence[Taken]) -> None:
    record.write(RECORD, taken)
    PLOT.write_text(plot.svg([each.finding for each in taken]))
    before, _, rest = DOCUMENT.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{report.markdown(taken)}\n{END}{after}")


if __name__ == "__main__":
    app()
