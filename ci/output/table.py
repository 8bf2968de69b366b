"""Many previews at a glance: a line a stack, on the terminal and as Markdown."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ci.output.markdown import code
from ci.output.terminal import show_findings
from ci.preview.preview_all import TimedPreview

COUNTED = ("create", "update", "replace", "delete")
HEAD = ("stack", *COUNTED, "refusals", "seconds", "result")
MAX_REASON = 200
"""Of what is said in a table; the stack's own summary has all."""


class Row(NamedTuple):
    """A stack's line. Counts are of resources; refusals of what mandatory policies found."""

    stack: str
    counts: tuple[int, ...]
    refusals: int
    seconds: float
    result: str
    good: bool


def row(timed: TimedPreview) -> Row:
    """The line of one stack."""
    preview = timed.preview
    return Row(
        preview.stack,
        tuple(preview.counts.get(word, 0) for word in COUNTED),
        sum(violation.mandatory for violation in preview.violations),
        timed.seconds,
        _result(timed),
        timed.preview.good,
    )


def totals(found: Sequence[TimedPreview], seconds: float) -> str:
    """One sentence about all."""
    bad = [timed.preview.stack for timed in found if not timed.preview.good]
    said = f"{len(found)} {'tenancy' if len(found) == 1 else 'tenancies'} previewed in {seconds:.1f} s"
    return f"{said}; refused or failed: {', '.join(bad)}" if bad else f"{said}, none refused"


def show_table(found: Sequence[TimedPreview], seconds: float, console: Console) -> None:
    """Print what is wrong with each, then the table. Nothing of it is taken for markup."""
    for timed in found:
        if not timed.preview.good:
            console.print(Text(timed.preview.stack, style="bold red"))
            show_findings(timed.preview, console)
    table = Table(box=None, pad_edge=False)
    for word in HEAD:
        is_number = word not in ("stack", "result")
        table.add_column(word, justify="right" if is_number else "left", overflow="fold")
    for line in map(row, found):
        table.add_row(*map(Text, _cells(line)), style="" if line.good else "red")
    console.print(table)
    console.print(Text(totals(found, seconds)))


def markdown_table(found: Sequence[TimedPreview], seconds: float) -> str:
    """The same as Markdown. What comes from the engine stands in code."""
    lines = [f"| {' | '.join(HEAD)} |", "|---|" + "---:|" * (len(HEAD) - 2) + "---|"]
    for line in map(row, found):
        stack, *numbers, result = _cells(line)
        # A bar ends a cell even in code.
        result = code(result.replace("|", "¦")) if not line.good else result
        lines.append(f"| {' | '.join([code(stack), *numbers, result])} |")
    return "\n".join([f"**{totals(found, seconds)}**", "", *lines, ""])


def _cells(line: Row) -> Iterator[str]:
    yield line.stack
    yield from (str(count) if count else "" for count in (*line.counts, line.refusals))
    yield f"{line.seconds:.1f}"
    yield line.result


def _result(timed: TimedPreview) -> str:
    preview = timed.preview
    if preview.refused:
        broken = dict.fromkeys(each.policy for each in preview.violations if each.mandatory)
        return f"refused by {', '.join(broken)}"[:MAX_REASON]
    if not preview.succeeded:
        reason = " ".join(preview.errors[0].split()) if preview.errors else "the engine did not say why"
        return f"failed: {reason}"[:MAX_REASON]
    return "changes" if preview.changes else "no changes"
