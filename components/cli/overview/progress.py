"""Progress of the checks of many tenancies on standard error: a bar at a terminal, a line for each in a log."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from components.cli.diagnose.result import conclusion
from components.cli.overview.observe import Observation
from components.escape import escape_control_characters

MOST_NAMES = 5
"""Number of tenancies that a bar names; these are waited for longest."""


class ProgressDisplay(Protocol):
    """Shows which tenancies are being checked, and how many have been."""

    def show_start(self, stack: str) -> None:
        """Show that the checks of a tenancy have started."""

    def show_end(self, observation: Observation) -> None:
        """Show that they have ended, and their result."""


@contextmanager
def progress_display(total: int, console: Console) -> Iterator[ProgressDisplay]:
    """Show the progress of ``total`` tenancies until the block ends."""
    if not console.is_terminal:
        yield _Lines(total, console)
        return
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Bar(progress, progress.add_task("", total=total))


class _Bar:
    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task
        self._running: list[str] = []

    def show_start(self, stack: str) -> None:
        self._running.append(stack)
        self._update(0)

    def show_end(self, observation: Observation) -> None:
        self._running.remove(observation.stack)
        self._update(1)

    def _update(self, advance: int) -> None:
        more = ", …" if len(self._running) > MOST_NAMES else ""
        names = ", ".join(map(escape_control_characters, self._running[:MOST_NAMES]))
        self._progress.update(self._task, advance=advance, description=f"{names}{more}")


class _Lines:
    def __init__(self, total: int, console: Console) -> None:
        self._total, self._console = total, console
        self._done = 0

    def show_start(self, stack: str) -> None:
        """Show nothing: the line at the end is sufficient in a log."""

    def show_end(self, observation: Observation) -> None:
        self._done += 1
        text = f"{self._done}/{self._total} {observation.stack}: {conclusion(observation.results)}"
        self._console.print(escape_control_characters(text), soft_wrap=True)
