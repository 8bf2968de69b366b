"""Findings in words: a table on the terminal, Markdown for the guides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.markup import escape
from rich.table import Table

from bench.measure import Comparison, Finding, Growth, Spread
from bench.record import Taken

COLUMNS = ("figure", "what", "measured", "against", "ratio or slope", "limit", "")
TAKEN = "taken"
MARKS = {"met": "✓", "missed": "✗", "told": ""}
STYLES = {"met": "green", "missed": "red", "told": ""}
LINE = "\n"


@dataclass(frozen=True)
class Row:
    """One finding in words; what has several values has a line for each."""

    name: str
    what: str
    measured: str
    against: str
    ratio: str
    limit: str
    mark: str

    @property
    def cells(self) -> tuple[str, ...]:
        """In the order of ``COLUMNS``."""
        return (self.name, self.what, self.measured, self.against, self.ratio, self.limit, self.mark)


def row(finding: Finding) -> Row:
    """A finding in words; medians, with the lowest and the highest in brackets."""
    mark = MARKS[finding.verdict]
    if isinstance(finding, Comparison):
        return Row(
            finding.name,
            finding.what,
            _seconds(finding.measured_seconds),
            f"{finding.against}: {_seconds(finding.baseline_seconds)}",
            f"{_spread(finding.ratio)}×",
            f"{finding.at_most:g}×" if finding.at_most else "",
            mark,
        )
    if isinstance(finding, Growth):
        limit = "flat" if finding.flat else "linear"
        if finding.at_most:
            limit += f"; {finding.at_most[0]} in {finding.at_most[1]:g} s"
        return Row(
            finding.name,
            finding.what,
            LINE.join(_points(finding)),
            f"number of {finding.size}",
            "" if finding.exponent is None else f"~ n^{finding.exponent:.2f}",
            limit,
            mark,
        )
    most = sorted(set(finding.at_most.values()))
    return Row(
        finding.name,
        finding.what,
        LINE.join(f"{key}: {value:g} {finding.unit}" for key, value in finding.values.items()),
        "",
        "",
        ", ".join(f"{each:g} {finding.unit}" for each in most),
        mark,
    )


def table(findings: Sequence[Finding]) -> Table:
    """For the terminal."""
    drawn = Table(title="Measurements", show_lines=True)
    for column in COLUMNS:
        drawn.add_column(column, overflow="fold")
    for finding in findings:
        style = STYLES[finding.verdict]
        *cells, mark = (escape(cell) for cell in row(finding).cells)
        drawn.add_row(*cells, f"[{style}]{mark}[/]" if style else mark)
    return drawn


def markdown(taken: Sequence[Taken]) -> str:
    """For ``docs/measurements.md``: the table, notes, and the machine or machines."""
    lines = [
        f"| {' | '.join((*COLUMNS, TAKEN))} |",
        f"|{'---|' * (len(COLUMNS) + 1)}",
        *(f"| {' | '.join(_cell(cell) for cell in (*row(each.finding).cells, _when(each)))} |" for each in taken),
        "",
    ]
    notes = [f"- `{each.finding.name}`: {note}" for each in taken for note in each.finding.notes]
    return "\n".join([*lines, *notes, *([""] if notes else []), *_machines(taken), ""])


def _machines(taken: Sequence[Taken]) -> list[str]:
    """One sentence, or one for each machine with the figures that are of it."""
    figures: dict[str, list[str]] = {}
    for each in taken:
        named = figures.setdefault(_machine(each.machine), [])
        if each.figure not in named:
            named.append(each.figure)
    if len(figures) == 1:
        return [f"Machine: {machine}. The load is that of the minute before." for machine in figures]
    return [
        f"- Machine of {', '.join(f'`{name}`' for name in named)}: {machine}." for machine, named in figures.items()
    ]


def _machine(facts: Mapping[str, Any]) -> str:
    return (
        f"{facts['processor']}, {facts['cores']} cores, {facts['memoryGiB']} GiB, "
        f"{facts['system']}, Python {facts['python']}"
    )


def _when(taken: Taken) -> str:
    return f"{taken.at:%Y-%m-%d}{LINE}load {taken.machine['loadOfLastMinute']:g}"


def _points(growth: Growth) -> list[str]:
    """A line for each size: the median, and what all but the slowest stay within."""
    tails = growth.tails
    return [
        f"{size}: {seconds:.3g} s" + (f", p{100 * (growth.tail or 0):g} {tails[size]:.3g} s" if tails else "")
        for size, seconds in growth.medians.items()
    ]


def _seconds(spread: Spread) -> str:
    return f"{_spread(spread)} s"


def _spread(spread: Spread) -> str:
    if spread.count == 1:
        return f"{spread.median:.3g}"
    return f"{spread.median:.3g} ({spread.lowest:.3g}…{spread.highest:.3g})"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace(LINE, "<br>")
