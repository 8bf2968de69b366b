"""The formats of a report: a table for the terminal, CSV for programs, Markdown for a request."""

import csv
import io
import re
import sys
from collections.abc import Iterator
from enum import StrEnum

from components.cli.output import print_rows
from components.cli.usage.report import HEADINGS, Line, Report
from components.escape import escape_control_characters

CSV_HEADER = ("stack", "from_utc", "to_utc", "kind", "name", "id", *HEADINGS)
"""Columns of the CSV; the units are in their names."""

FORMULA = re.compile(r"\s*[=+@-]")
"""Begin of a cell that spreadsheets take for a formula."""

MARKUP = re.compile(r"[\\`*\[\]<>&|~]|(?<![^\W_])_|_(?![^\W_])")
"""Characters with a meaning in Markdown; underscores have none between letters or digits."""


class Format(StrEnum):
    """Formats of the option ``--format``."""

    TABLE = "table"
    CSV = "csv"
    MARKDOWN = "markdown"


def print_report(report: Report, form: Format) -> None:
    """Print the report on standard output; with CSV, the notes on standard error."""
    if form is Format.CSV:
        print(as_csv(report), end="")
        print("\n".join(report.notes), file=sys.stderr)
    elif form is Format.MARKDOWN:
        print("\n".join(_markdown(report)))
    else:
        print(f"{report.stack}: {report.period}\n")
        for title, lines in _parts(report):
            print_rows([title, *HEADINGS.values()], [[_name(line, report), *_numbers(line)] for line in lines])
            print()
        print("\n".join(report.notes))


def as_csv(report: Report) -> str:
    """Return the report as CSV: lines of the kinds ``user``, ``group`` and ``total``."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_HEADER)
    kinds = (("user", report.users), ("group", report.groups), ("total", (report.total,)))
    for kind, lines in kinds:
        for line in lines:
            period = (report.stack, report.period.first, report.period.last)
            names = map(_cell, (line.name, line.user_id))
            writer.writerow([*period, kind, *names, *(f"{line.sums[key]}" for key in HEADINGS)])
    return text.getvalue()


def _markdown(report: Report) -> Iterator[str]:
    yield f"# {report.stack}: {report.period}"
    for title, lines in _parts(report):
        yield ""
        yield f"| {title} | {' | '.join(HEADINGS.values())} |"
        yield f"|---|{'---:|' * len(HEADINGS)}"
        for line in lines:
            yield f"| {_text(_name(line, report))} | {' | '.join(_numbers(line))} |"
    yield ""
    yield from (f"- {_text(note)}" for note in report.notes)


def _cell(name: str) -> str:
    """Return a name as a cell of a CSV file: an apostrophe makes it text for spreadsheets."""
    shown = escape_control_characters(name)
    return f"'{shown}" if FORMULA.match(shown) else shown


def _text(text: str) -> str:
    return MARKUP.sub(r"\\\g<0>", escape_control_characters(text))


def _parts(report: Report) -> Iterator[tuple[str, list[Line]]]:
    yield "user", [*report.users, report.total]
    yield "group", list(report.groups)


def _name(line: Line, report: Report) -> str:
    is_ambiguous = sum(each.name == line.name for each in report.users) > 1
    return f"{line.name} ({line.user_id or 'id not known'})" if is_ambiguous else line.name


def _numbers(line: Line) -> list[str]:
    return [f"{line.sums[key]:,.2f}" for key in HEADINGS]
