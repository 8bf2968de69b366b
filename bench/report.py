"""The findings of a run: a table on the terminal, Markdown for the guides, JSON with the machine's facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from rich.table import Table

from bench.measure import Amounts, Comparison, Finding, Growth, Spread

COLUMNS = ("figure", "what", "measured", "against", "ratio", "limit", "")
MARKS = {"met": "✓", "missed": "✗", "told": ""}


@dataclass(frozen=True)
class Row:
    """One figure in words."""

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
        sizes = ", ".join(f"{size}: {median(seconds):.3g}" for size, seconds in finding.points.items())
        limit = "flat" if finding.flat else "linear"
        if finding.at_most:
            limit += f"; {finding.at_most[0]} in {finding.at_most[1]:g} s"
        return Row(
            finding.name,
            finding.what,
            f"{sizes} s",
            f"number of {finding.size}",
            f"~ n^{finding.exponent:.2f}" if len(finding.points) > 1 else "",
            limit,
            mark,
        )
    said = ", ".join(f"{key}: {value:g}" for key, value in finding.values.items())
    most = sorted(set(finding.at_most.values()))
    return Row(
        finding.name,
        finding.what,
        f"{said} {finding.unit}",
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
        style = {"met": "green", "missed": "red", "told": ""}[finding.verdict]
        cells = row(finding).cells
        drawn.add_row(*cells[:-1], f"[{style}]{cells[-1]}[/]" if style else cells[-1])
    return drawn


def markdown(findings: Sequence[Finding], machine: Mapping[str, Any]) -> str:
    """For ``docs/measurements.md``: the table, notes, and the machine."""
    lines = [
        f"| {' | '.join(COLUMNS)} |",
        f"|{'---|' * len(COLUMNS)}",
        *(f"| {' | '.join(_cell(cell) for cell in row(finding).cells)} |" for finding in findings),
        "",
    ]
    notes = [f"- `{finding.name}`: {note}" for finding in findings for note in finding.notes]
    facts = (
        f"Machine: {machine['processor']}, {machine['cores']} cores, {machine['memoryGiB']} GiB, "
        f"{machine['system']}, Python {machine['python']}; load of the minute before: {machine['loadOfLastMinute']}."
    )
    return "\n".join([*lines, *notes, *([""] if notes else []), facts, ""])


def document(findings: Sequence[Finding], machine: Mapping[str, Any]) -> dict[str, Any]:
    """For the JSON file: every single value, so that anything can be computed again."""
    return {"machine": dict(machine), "figures": [_as_json(finding) for finding in findings]}


def _as_json(finding: Finding) -> dict[str, Any]:
    said: dict[str, Any] = {"name": finding.name, "what": finding.what, "verdict": finding.verdict}
    if isinstance(finding, Comparison):
        ratio = finding.ratio
        said |= {
            "against": finding.against,
            "atMost": finding.at_most,
            "ratio": {"median": ratio.median, "lowest": ratio.lowest, "highest": ratio.highest},
            "pairsSeconds": [list(pair) for pair in finding.pairs],
        }
    elif isinstance(finding, Growth):
        said |= {
            "size": finding.size,
            "exponent": finding.exponent if len(finding.points) > 1 else None,
            "flat": finding.flat,
            "pointsSeconds": {str(size): list(seconds) for size, seconds in finding.points.items()},
        }
    elif isinstance(finding, Amounts):
        said |= {"unit": finding.unit, "values": dict(finding.values), "atMost": dict(finding.at_most)}
    return said | {"notes": list(finding.notes)}


def _seconds(spread: Spread) -> str:
    return f"{_spread(spread)} s"


def _spread(spread: Spread) -> str:
    if spread.count == 1:
        return f"{spread.median:.3g}"
    return f"{spread.median:.3g} ({spread.lowest:.3g}…{spread.highest:.3g})"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
