"""Progress of many previews: a bar on a terminal, lines in a log."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from ci.output.markdown import headline
from ci.preview.preview_all import TimedPreview


class ProgressDisplay(Protocol):
    """Shows which previews run, and how many have ended."""

    def show_start(self, stack: str) -> None:
        """Show that the preview of a stack has started."""

    def show_end(self, timed: TimedPreview) -> None:
        """Show that a preview has ended, and its result."""


@contextmanager
def progress_display(total: int, console: Console) -> Iterator[ProgressDisplay]:
    """Show the progress of ``total`` previews on ``console`` until the block ends."""
    if not console.is_terminal:
        yield _Lines(total, console)
        return
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Bar(progress, progress.add_task("starting", total=total))


class _Bar:
    """A bar with the names of the running previews. A failed preview is printed above the bar at once."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task
        self._running: list[str] = []

    def show_start(self, stack: str) -> None:
        self._running.append(stack)
        self._progress.update(self._task, description=self._description())

    def show_end(self, timed: TimedPreview) -> None:
        self._running.remove(timed.preview.stack)
        self._progress.update(self._task, advance=1, description=self._description())
        if not timed.preview.passed:
            self._progress.console.print(Text(_result(timed), style="red"))

    def _description(self) -> str:
        return escape(", ".join(self._running))


class _Lines:
    """One line when a preview starts and one when it ends, with the names of the running previews."""

    def __init__(self, total: int, console: Console) -> None:
        self._total, self._console = total, console
        self._running: list[str] = []
        self._done = 0

    def show_start(self, stack: str) -> None:
        self._running.append(stack)
        self._print(f"started {stack}")

    def show_end(self, timed: TimedPreview) -> None:
        self._running.remove(timed.preview.stack)
        self._done += 1
        self._print(_result(timed))

    def _print(self, text: str) -> None:
        running = f"; running: {', '.join(self._running)}" if self._running else ""
        self._console.print(Text(f"{self._done}/{self._total} {text}{running}"), soft_wrap=True)


def _result(timed: TimedPreview) -> str:
    return f"{timed.preview.stack}: {headline(timed.preview)} ({timed.seconds:.1f} s)"
