"""Findings and tables for people, the same as JSON for machines."""

import json
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from components.cli.diagnose.result import Finding, State, conclusion, exit_code
from components.escape import escape_control_characters

MARKS = {
    State.GOOD: ("✓", "green"),
    State.WARNING: ("!", "yellow"),
    State.BROKEN: ("✗", "red bold"),
    State.UNKNOWN: ("?", "magenta"),
}
PLAIN_MARKS = {State.GOOD: "+", State.BROKEN: "X"}
"""Where the terminal's encoding has no such signs."""

WIDTH_IN_A_PIPE = 160


def console(*, stderr: bool = False) -> Console:
    """Where to print. Names are never read as rich's markup."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else WIDTH_IN_A_PIPE
    return Console(stderr=stderr, width=width, markup=False, highlight=False, emoji=False)


def print_findings(subject: str, findings: Sequence[Finding], *, as_json: bool) -> int:
    """All of it, and the exit code.

    Args:
        subject: whose, e.g. ``vis``.
        findings: in the order to print them.
        as_json: for machines.
    """
    code = exit_code(findings)
    if as_json:
        whole = {
            "stack": subject,
            "conclusion": conclusion(findings),
            "exitCode": code,
            "findings": [finding.as_json() for finding in findings],
        }
        print_json(whole)
        return code
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        mark, style = _mark(finding.state), MARKS[finding.state][1]
        told = Text(escape_control_characters(finding.told))
        if finding.do and finding.state is not State.GOOD:
            told.append(f"\n→ {escape_control_characters(finding.do)}", style="bold")
        table.add_row(Text(mark, style=style), Text(finding.what), told)
    out = console()
    out.print(table)
    style = MARKS[max((finding.state for finding in findings), key=list(MARKS).index, default=State.GOOD)][1]
    out.print(Text(escape_control_characters(f"{subject}: {conclusion(findings)}"), style=style))
    return code


def _mark(state: State) -> str:
    mark = MARKS[state][0]
    try:
        mark.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return PLAIN_MARKS[state]
    return mark


def print_rows(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A plain table."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(escape_control_characters(cell)) for cell in row))
    console().print(table)


def print_json(whole: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
    """JSON on standard output."""
    print(json.dumps(whole, indent=2, ensure_ascii=False))
