"""``make bench``: every figure, or those named, as a table, a plot and a JSON file with the machine's facts."""

import json
import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from bench import machine, plot, report
from bench.measure import Finding
from bench.people import HubFailed
from bench.process import RunFailed
from local.failure import Failure
from local.paths import PROJECT, State
from local.progress import Report
from previews import InFlight

DOCUMENT = PROJECT / "docs" / "measurements.md"
PLOT = PROJECT / "docs" / "images" / "bench.svg"
BEGIN, END = "<!-- make bench writes from here -->", "<!-- to here -->"
TENANCIES = 50

Measure = Callable[[State, int], Sequence[Finding]]


def _preview(state: State, repetitions: int) -> Sequence[Finding]:
    from bench import clones, preview

    with clones.clones(state, 1) as one:
        off = preview.one(one, repetitions, policies=False)
        on = preview.one(one, repetitions, policies=True)
        return [off, on, preview.memory(one)]


def _many(state: State, repetitions: int) -> Sequence[Finding]:
    from bench import clones, preview

    with clones.clones(state, TENANCIES) as all_of_them:
        return [preview.many(all_of_them, state, max(1, repetitions // 2), InFlight.of_machine())]


def _checking(_state: State, repetitions: int) -> Sequence[Finding]:
    from bench.checking import checking

    return [checking(repetitions)]


def _group(_state: State, repetitions: int) -> Sequence[Finding]:
    from bench import group
    from tests.engine.directory import throw_away_directory

    with throw_away_directory() as directory:
        return [
            group.made(directory, repetitions),
            group.round_trips(directory),
            group.by_members(directory, repetitions),
        ]


def _hub(state: State, repetitions: int) -> Sequence[Finding]:
    from bench import hub

    return [
        hub.to_notebook(state, repetitions, new_volume=False),
        hub.to_notebook(state, repetitions, new_volume=True),
        *hub.log_ins(state, repetitions),
        hub.starts(state),
    ]


def _dask(state: State, repetitions: int) -> Sequence[Finding]:
    from bench.dask import first_result

    return [first_result(state, max(1, repetitions // 2))]


def _up(state: State, repetitions: int) -> Sequence[Finding]:
    from bench.deployment import first_up

    return [first_up(state, max(1, repetitions // 2))]


def _restart(state: State, repetitions: int) -> Sequence[Finding]:
    from bench.restart import down_to_notebook

    return [down_to_notebook(state, max(1, repetitions // 2))]


FIGURES: dict[str, Measure] = {
    "checking": _checking,
    "group": _group,
    "preview": _preview,
    "many": _many,
    "hub": _hub,
    "dask": _dask,
    "up": _up,
    "restart": _restart,
}
"""In the order they are taken. ``restart`` stops the tenancy that runs."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    figures: Annotated[list[str] | None, typer.Argument(help=f"{', '.join(FIGURES)}; all without a name")] = None,
    repetitions: Annotated[int, typer.Option(min=1, max=50, help="pairs of measurements of each figure")] = 5,
    keep: Annotated[bool, typer.Option(help="write the plot and docs/measurements.md too")] = True,
) -> None:
    """Measure, and say how each figure stands to its limit. Exit code 1 where one is missed or could not be taken."""
    console = Console(soft_wrap=False)
    unknown = sorted(set(figures or ()) - set(FIGURES))
    if unknown:
        console.print(f"no such figure: {', '.join(unknown)}; there are {', '.join(FIGURES)}", highlight=False)
        sys.exit(2)
    state, steps, facts = State(), Report(console), machine.facts()
    findings: list[Finding] = []
    failed: list[str] = []
    for name in figures or FIGURES:
        try:
            with steps.step(f"Measuring: {name}"):
                findings += FIGURES[name](state, repetitions)
        except (RunFailed, HubFailed, Failure) as error:
            failed.append(f"{name}: {error}")
    console.print(report.table(findings))
    for said in failed:
        console.print(f"[red]✗[/] {escape(said)}", highlight=False)
    written = state.root / "bench.json"
    written.write_text(json.dumps(report.document(findings, facts), indent=2) + "\n")
    console.print(f"every value: {written}", highlight=False)
    if keep and findings:
        PLOT.write_text(plot.svg(findings))
        _rewrite(report.markdown(findings, facts))
        console.print(f"written: {DOCUMENT.relative_to(PROJECT)}, {PLOT.relative_to(PROJECT)}", highlight=False)
    if failed or any(finding.verdict == "missed" for finding in findings):
        sys.exit(1)


def _rewrite(text: str) -> None:
    """The table in the document, between its two marks."""
    before, _, rest = DOCUMENT.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}")


if __name__ == "__main__":
    app()
