"""Measurements as table rows: on the terminal, and in the table of ``docs/measurements.md``."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date

from rich.markup import escape
from rich.table import Table

from bench.measurements import Comparison, Growth, Measurement, Spread, Verdict

BEGIN, END = "<!-- begin of the table that make bench updates -->", "<!-- end of the table -->"
COLUMNS = ("figure", "description", "measured", "baseline", "ratio or growth", "limit", "met")
MARKS: Mapping[Verdict, str] = {"met": "✓", "missed": "✗", "no limit": ""}
STYLES: Mapping[Verdict, str] = {"met": "green", "missed": "red", "no limit": ""}


@dataclass(frozen=True)
class Row:
    """The cells of one measurement, in the order of ``COLUMNS``; several values of a cell are on lines of their own."""

    name: str
    description: str
    measured: str
    baseline: str
    ratio: str
    limit: str
    mark: str


def table_row(measurement: Measurement) -> Row:
    """Return the cells of a measurement: medians, with the lowest and the highest value in brackets."""
    description = "; ".join((measurement.description, *measurement.notes))
    mark = MARKS[measurement.verdict]
    if isinstance(measurement, Comparison):
        return Row(
            measurement.name,
            description,
            _seconds(measurement.measured_seconds),
            f"{measurement.baseline}: {_seconds(measurement.baseline_seconds)}",
            f"{_spread(measurement.ratio)}×",
            f"{measurement.limit:g}×" if measurement.limit else "",
            mark,
        )
    if isinstance(measurement, Growth):
        limit = "flat" if measurement.flat else "linear"
        if measurement.limit:
            limit += f"; {measurement.limit[0]} in {measurement.limit[1]:g} s"
        return Row(
            measurement.name,
            description,
            "\n".join(_points(measurement)),
            f"number of {measurement.size}",
            "" if measurement.exponent is None else f"~ n^{measurement.exponent:.2f}",
            limit,
            mark,
        )
    limits = sorted(set(measurement.limits.values()))
    return Row(
        measurement.name,
        description,
        "\n".join(f"{key}: {value:g} {measurement.unit}" for key, value in measurement.values.items()),
        "",
        "",
        ", ".join(f"{limit:g} {measurement.unit}" for limit in limits),
        mark,
    )


def terminal_table(measurements: Sequence[Measurement]) -> Table:
    """Return the table that is printed."""
    table = Table(title="Measurements", show_lines=True)
    for column in COLUMNS:
        table.add_column(column, overflow="fold")
    for measurement in measurements:
        style = STYLES[measurement.verdict]
        *cells, mark = (escape(cell) for cell in astuple(table_row(measurement)))
        table.add_row(*cells, f"[{style}]{mark}[/]" if style else mark)
    return table


def page_with(page: str, measurements: Sequence[Measurement], day: date, load: float) -> str:
    """Return the page with the rows of these measurements replaced, or added where the table has none of that name.

    Args:
        page: Markdown with a table between ``BEGIN`` and ``END``, whose first column is a measurement's name.
        measurements: the new measurements; all other rows stay as they are.
        day: the date of the measurements.
        load: the machine's load average of the minute before.
    """
    before, begin, rest = page.partition(f"{BEGIN}\n\n")
    table, end, after = rest.partition(f"\n{END}")
    rows = {line.split(" | ")[0]: line for line in table.splitlines()}
    for measurement in measurements:
        cells = (*astuple(table_row(measurement)), f"{day}\nload {load:g}")
        rows[f"| {measurement.name}"] = f"| {' | '.join(map(_cell, cells))} |"
    return before + begin + "".join(f"{row}\n" for row in rows.values()) + end + after


def load_of_last_minute() -> float:
    """Return the system's load average of the last minute."""
    return round(os.getloadavg()[0], 2)


def _points(growth: Growth) -> list[str]:
    """Return one line per size: the median and, if wanted, the percentile ``tail``."""
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
    return text.replace("|", "\\|").replace("\n", "<br>")
