"""How far many previews are: a bar on a terminal, a line a stack elsewhere."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from ci.many import Looked
from ci.markdown import headline


class Watch(Protocol):
    """Who is told how far the previews are, from any thread."""

    def started(self, stack: str) -> None:
        """A stack's turn has come."""

    def ended(self, looked: Looked) -> None:
        """Its preview is there."""


@contextmanager
def watching(total: int, console: Console) -> Iterator[Watch]:
    """Shows the progress of ``total`` previews on ``console`` until the block ends."""
    if not console.is_terminal:
        yield _Lines(total, console)
        return
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Bar(progress, progress.add_task("getting ready", total=total))


class _Bar:
    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task
        self._under_way: list[str] = []
        self._one = threading.Lock()

    def started(self, stack: str) -> None:
        with self._one:
            self._under_way.append(stack)
            self._progress.update(self._task, description=self._description())

    def ended(self, looked: Looked) -> None:
        with self._one:
            self._under_way.remove(looked.preview.stack)
            self._progress.update(self._task, advance=1, description=self._description())
            if not looked.preview.good:
                self._progress.console.print(Text(_told(looked), style="red"))

    def _description(self) -> str:
        return escape(", ".join(self._under_way))


class _Lines:
    def __init__(self, total: int, console: Console) -> None:
        self._total, self._console = total, console
        self._done = 0

    def started(self, stack: str) -> None:
        """Nothing: a log is read afterwards."""

    def ended(self, looked: Looked) -> None:
        self._done += 1
        self._console.print(Text(f"{self._done}/{self._total} {_told(looked)}"), soft_wrap=True)


def _told(looked: Looked) -> str:
    return f"{looked.preview.stack}: {headline(looked.preview)} ({looked.seconds:.1f} s)"
