"""A preview on the terminal: the resources with their changed properties, policy violations, errors and warnings."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ci.output.markdown import SIGNS, headline, property_lines
from ci.preview.report import Preview

COLOURS = {"create": "green", "import": "cyan", "update": "yellow", "replace": "magenta", "delete": "red"}
"""The colour of each operation; a drifted resource is red."""

COMPARED = ("update", "replace", "drifted")
"""Operations whose properties are shown. The properties of new and deleted resources are in the Markdown file only."""

MAX_PROPERTIES = 40
"""Number of properties that are shown of one resource; the Markdown file has more."""


def show(preview: Preview, console: Console) -> None:
    """Print a preview. Its text is not interpreted as markup."""
    console.print(Text(f"{preview.stack}: {headline(preview)}", style="bold"))
    if preview.changes:
        console.print(_table(preview))
    show_findings(preview, console)
    packs = ", ".join(f"{name} {version}".strip() for name, version in sorted(preview.policy_packs.items()))
    console.print(Text(f"policies: {packs or 'no policy pack was run'}"))
    for change in preview.policy_changes:
        console.print(Text(f"policies: {change}", style="yellow"))
    for note in preview.notes:
        console.print(Text(f"note: {note}"))


def show_findings(preview: Preview, console: Console) -> None:
    """Print the policy violations, errors and warnings of a preview."""
    for violation in preview.violations:
        level, colour = ("mandatory", "red") if violation.mandatory else ("advisory", "yellow")
        where = f" {violation.resource}" if violation.resource else ""
        console.print(Text(f"{level} policy {violation.policy}{where}: {violation.message}", style=colour))
    for error in preview.errors:
        console.print(Text(f"error: {error}", style="red"))
    for warning in preview.warnings:
        console.print(Text(f"warning: {warning}", style="yellow"))


def _table(preview: Preview) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for change in preview.changes:
        colour = COLOURS.get(change.operation, "red")
        table.add_row(
            Text(f"{SIGNS[change.operation]} {change.operation}", style=colour), Text(f"{change.type} {change.name}")
        )
        if change.operation not in COMPARED:
            continue
        for line in property_lines(change, limit=MAX_PROPERTIES):
            style = {"+": "green", "-": "red"}.get(line[:1], "dim")
            table.add_row("", Text(line, style=style))
    return table
