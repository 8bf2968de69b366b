"""Previews on the terminal and as Markdown files, and the exit code that follows from them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from ci.output.markdown import markdown
from ci.output.progress import progress_display
from ci.output.table import markdown_table, show_table
from ci.output.terminal import show
from ci.preview.preview_all import Limits, PreviewCommand, TimedPreview, preview_all
from ci.preview.report import Preview, write_report

INTERRUPTED = 130
"""Exit code after an interrupt, as a shell has it: 128 and the number of SIGINT."""


@dataclass(frozen=True)
class Summaries:
    """Where the Markdown of many previews goes."""

    folder: Path
    """For a file a stack, ``vis.md``."""

    commit: str | None = None
    """The commit to name in them."""

    table: Path | None = None
    """A file to append the table to."""


def report_preview(
    found: Preview, *, markdown_file: Path | None = None, report_file: Path | None = None, commit: str | None = None
) -> int:
    """Print a preview, and write it into the files that are named.

    Args:
        found: the preview.
        markdown_file: a file for the Markdown summary.
        report_file: a file for the report as JSON.
        commit: the commit to name in the summary.

    Returns:
        0 if the engine and all mandatory policies let the stack pass, else 1.
    """
    console = Console()
    show(found, console)
    if markdown_file is not None:
        _write(found, markdown_file, commit)
        console.print(f"summary: {markdown_file}", highlight=False, markup=False)
    if report_file is not None:
        write_report(found, report_file)
    return 0 if found.good else 1


def report_all(
    names: Sequence[str], command: Callable[[str, Path], PreviewCommand], limits: Limits, summaries: Summaries
) -> int:
    """Preview many stacks, and report each as soon as it has ended, and all of them in a table at the end.

    Args:
        names: the stacks, in the order of the table.
        command: returns the command that previews a stack and writes its report into a file.
        limits: the number of concurrent previews, and the time for each.
        summaries: the files for the Markdown.

    Returns:
        0 if all previews passed, 130 after an interrupt, else 1.
    """
    console = Console()
    began = time.perf_counter()
    with progress_display(len(names), console) as progress:

        def ended(timed: TimedPreview) -> None:
            _write(timed.preview, summaries.folder / f"{timed.preview.stack}.md", summaries.commit)
            progress.ended(timed)

        try:
            found = preview_all(names, command, limits, on_start=progress.started, on_end=ended)
        except KeyboardInterrupt:
            console.print("interrupted: all running previews were ended")
            return INTERRUPTED
    seconds = time.perf_counter() - began
    show_table(found, seconds, console)
    console.print(f"summaries: {summaries.folder}", highlight=False, markup=False, soft_wrap=True)
    if summaries.table is not None:
        with summaries.table.open("a", encoding="utf-8") as out:
            out.write(markdown_table(found, seconds))
    return 0 if all(timed.preview.good for timed in found) else 1


def _write(found: Preview, file: Path, commit: str | None) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(markdown(found, commit=commit), encoding="utf-8")
