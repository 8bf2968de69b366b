"""Show previews on the terminal, write their Markdown, and say by the exit code whether they may go on."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from ci.many import Looked
from ci.markdown import markdown
from ci.progress import watching
from ci.report import Preview
from ci.table import markdown_table, show_table
from ci.terminal import show


@dataclass(frozen=True)
class Summaries:
    """Where the Markdown of many previews goes."""

    folder: Path
    """For a file a stack, ``vis.md``."""

    commit: str | None = None
    """The commit to name in them."""

    table: Path | None = None
    """A file to append the table to."""


def tell(found: Preview, *, markdown_file: Path | None = None, commit: str | None = None) -> int:
    """Tell of a preview; 0 where the engine and all mandatory policies let it pass, else 1."""
    console = Console()
    show(found, console)
    if markdown_file is not None:
        _write(found, markdown_file, commit)
        console.print(f"summary: {markdown_file}", highlight=False, markup=False)
    return 0 if found.good else 1


def tell_of_many(
    names: Sequence[str], previewed: Callable[[Callable[[str], None]], Iterator[Looked]], summaries: Summaries
) -> int:
    """Tell of many previews, of each as it comes and of all at the end; 0 where all of them may pass, else 1.

    Args:
        names: the stacks, in the order of the table.
        previewed: makes the previews; it is given whom to tell that a stack's turn has come.
        summaries: where the Markdown goes.
    """
    console = Console()
    began = time.perf_counter()
    by_name: dict[str, Looked] = {}
    with watching(len(names), console) as watch:
        for looked in previewed(watch.started):
            by_name[looked.preview.stack] = looked
            _write(looked.preview, summaries.folder / f"{looked.preview.stack}.md", summaries.commit)
            watch.ended(looked)
    found, seconds = [by_name[name] for name in names], time.perf_counter() - began
    show_table(found, seconds, console)
    console.print(f"summaries: {summaries.folder}", highlight=False, markup=False, soft_wrap=True)
    if summaries.table is not None:
        with summaries.table.open("a", encoding="utf-8") as out:
            out.write(markdown_table(found, seconds))
    return 0 if all(looked.preview.good for looked in found) else 1


def _write(found: Preview, file: Path, commit: str | None) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(markdown(found, commit=commit), encoding="utf-8")
