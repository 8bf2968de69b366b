"""A table of many previews, with a row for each stack, on the terminal and as Markdown."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ci.output.markdown import code
from ci.output.terminal import show_findings
from ci.preview.preview_all import TimedPreview

COUNTED = ("create", "update", "replace", "delete")
"""The operations that have a column."""

HEAD = ("stack", *COUNTED, "refusals", "seconds", "result")
"""The titles of the columns."""

MAX_REASON = 200
"""Number of characters that are shown of a result; the stack's own summary has all of it."""


class Row(NamedTuple):
    """A stack's row: the number of resources for each operation, and the number of mandatory violations."""

    stack: str
    counts: tuple[int, ...]
    refusals: int
    seconds: float
    result: str
    passed: bool


def table_row(timed: TimedPreview) -> Row:
    """Return the row of one stack."""
    preview = timed.preview
    return Row(
        preview.stack,
        tuple(preview.counts.get(word, 0) for word in COUNTED),
        sum(violation.mandatory for violation in preview.violations),
        timed.seconds,
        _result(timed),
        preview.passed,
    )


def totals(found: Sequence[TimedPreview], seconds: float) -> str:
    """Return one sentence about all previews, with the names of the refused and failed stacks."""
    not_passed = [timed.preview.stack for timed in found if not timed.preview.passed]
    previewed = f"{len(found)} {'tenancy' if len(found) == 1 else 'tenancies'} previewed in {seconds:.1f} s"
    return f"{previewed}; refused or failed: {', '.join(not_passed)}" if not_passed else f"{previewed}, none refused"


def show_table(found: Sequence[TimedPreview], seconds: float, console: Console) -> None:
    """Print the violations and errors of each refused or failed stack, then the table, without reading markup."""
    for timed in found:
        if not timed.preview.passed:
            console.print(Text(timed.preview.stack, style="bold red"))
            show_findings(timed.preview, console)
    table = Table(box=None, pad_edge=False)
    for word in HEAD:
        is_number = word not in ("stack", "result")
        table.add_column(word, justify="right" if is_number else "left", overflow="fold")
    for row in map(table_row, found):
        table.add_row(*map(Text, _cells(row)), style="" if row.passed else "red")
    console.print(table)
    console.print(Text(totals(found, seconds)))


def markdown_table(found: Sequence[TimedPreview], seconds: float) -> str:
    """Return the table as Markdown, with all text from the engine in code spans."""
    lines = [f"| {' | '.join(HEAD)} |", "|---|" + "---:|" * (len(HEAD) - 2) + "---|"]
    for row in map(table_row, found):
        stack, *numbers, result = _cells(row)
        # A bar ends a cell even inside a code span.
        result = result if row.passed else code(result.replace("|", "¦"))
        lines.append(f"| {' | '.join([code(stack), *numbers, result])} |")
    return "\n".join([f"**{totals(found, seconds)}**", "", *lines, ""])


def _cells(row: Row) -> Iterator[str]:
    yield row.stack
    yield from (str(count) if count else "" for count in (*row.counts, row.refusals))
    yield f"{row.seconds:.1f}"
    yield row.result


def _result(timed: TimedPreview) -> str:
    preview = timed.preview
    if preview.refused:
        policies = dict.fromkeys(each.policy for each in preview.violations if each.mandatory)
        return f"refused by {', '.join(policies)}"[:MAX_REASON]
    if not preview.succeeded:
        reason = " ".join(preview.errors[0].split()) if preview.errors else "the engine reported no error"
        return f"failed: {reason}"[:MAX_REASON]
    return "changes" if preview.changes else "no changes"
