"""Printing of check results and tables as text or as JSON."""

import json
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from components.cli.diagnose.result import CheckResult, Status, conclusion, exit_code
from components.escape import escape_control_characters, escape_lines

MARKS = {
    Status.GOOD: ("✓", "green"),
    Status.WARNING: ("!", "yellow"),
    Status.BROKEN: ("✗", "red bold"),
    Status.UNKNOWN: ("?", "magenta"),
}
"""Mark and colour of each status, the least serious first."""

ASCII_MARKS = {Status.GOOD: "+", Status.BROKEN: "X"}
"""Marks for a terminal whose encoding lacks the others."""

WIDTH_WITHOUT_TERMINAL = 160
"""Line width in characters where the output is not a terminal."""


def console(*, stderr: bool = False) -> Console:
    """Return a console on standard output or standard error. Names are never interpreted as rich's markup."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else WIDTH_WITHOUT_TERMINAL
    return Console(stderr=stderr, width=width, markup=False, highlight=False, emoji=False)


def print_results(stack: str, results: Sequence[CheckResult], *, as_json: bool, user: str | None = None) -> int:
    """Print the results and return the exit code.

    Args:
        stack: the stack's name.
        results: in the order to print them.
        as_json: print an object instead of a table.
        user: the user that the results are about, if they are about one.
    """
    code = exit_code(results)
    title = f"{stack}, {user}" if user else stack
    if as_json:
        print_json(
            {
                "stack": title,
                "conclusion": conclusion(results),
                "exitCode": code,
                "results": [result.as_json() for result in results],
            }
        )
        return code
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for result in results:
        message = Text(escape_lines(result.message))
        if result.fix and result.status is not Status.GOOD:
            message.append(f"\n→ {escape_control_characters(result.fix)}", style="bold")
        table.add_row(Text(_mark(result.status), style=MARKS[result.status][1]), Text(result.subject), message)
    out = console()
    out.print(table)
    worst = max((result.status for result in results), key=list(MARKS).index, default=Status.GOOD)
    out.print(Text(escape_control_characters(f"{title}: {conclusion(results)}"), style=MARKS[worst][1]))
    return code


def print_rows(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(escape_control_characters(cell)) for cell in row))
    console().print(table)


def print_json(value: Any) -> None:  # noqa: ANN401 - any value that JSON can represent
    """Print the value as JSON on standard output."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def _mark(status: Status) -> str:
    mark = MARKS[status][0]
    try:
        mark.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return ASCII_MARKS.get(status, mark)
    return mark
