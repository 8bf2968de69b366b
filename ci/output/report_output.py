"""Output of previews on the terminal and as Markdown files, and the exit code of the command."""

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
"""Exit code after an interrupt: 128 plus the number of SIGINT, as in shells."""


@dataclass(frozen=True)
class Summaries:
    """The files for the Markdown of many previews.

    Attributes:
        folder: the folder for one file per stack, e.g. ``vis.md``.
        commit: the commit to name in them, or None.
        table: the file to append the table to, or None.
    """

    folder: Path
    commit: str | None = None
    table: Path | None = None


def report_preview(
    preview: Preview, *, markdown_file: Path | None = None, report_file: Path | None = None, commit: str | None = None
) -> int:
    """Print a preview, and write it into the given files.

    Args:
        preview: the preview.
        markdown_file: a file for the Markdown summary.
        report_file: a file for the report as JSON.
        commit: the commit to name in the summary.

    Returns:
        The exit code: 0 if neither the engine nor a mandatory policy refuses the stack, otherwise 1.
    """
    console = Console()
    show(preview, console)
    if markdown_file is not None:
        _write(preview, markdown_file, commit)
        console.print(f"summary: {markdown_file}", highlight=False, markup=False)
    if report_file is not None:
        write_report(preview, report_file)
    return 0 if preview.passed else 1


def report_all(
    names: Sequence[str], command: Callable[[str, Path], PreviewCommand], limits: Limits, summaries: Summaries
) -> int:
    """Preview many stacks; report the progress, and all results in a table at the end.

    Args:
        names: the stacks, in the order of the table.
        command: returns the command that previews a stack and writes its report into a file.
        limits: the number of concurrent previews, and the time for each.
        summaries: the files for the Markdown.

    Returns:
        The exit code: 0 if all previews passed, 130 after an interrupt, otherwise 1.
    """
    console = Console()
    began = time.perf_counter()
    with progress_display(len(names), console) as progress:

        def ended(timed: TimedPreview) -> None:
            _write(timed.preview, summaries.folder / f"{timed.preview.stack}.md", summaries.commit)
            progress.show_end(timed)

        try:
            found = preview_all(names, command, limits, on_start=progress.show_start, on_end=ended)
        except KeyboardInterrupt:
            console.print("interrupted: all running previews were ended")
            return INTERRUPTED
    seconds = time.perf_counter() - began
    show_table(found, seconds, console)
    console.print(f"summaries: {summaries.folder}", highlight=False, markup=False, soft_wrap=True)
    if summaries.table is not None:
        with summaries.table.open("a", encoding="utf-8") as out:
            out.write(markdown_table(found, seconds))
    return 0 if all(timed.preview.passed for timed in found) else 1


def _write(preview: Preview, file: Path, commit: str | None) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(markdown(preview, commit=commit), encoding="utf-8")
