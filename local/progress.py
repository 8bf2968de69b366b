"""Progress of a command on the terminal: a line with the duration of each step; plain lines in a pipe or a log."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class Stopped(Exception):
    """A step that does not start because another one failed."""


class Step:
    """A step under way."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.skipped: str | None = None

    def skip(self, reason: str) -> None:
        """Record why the step had nothing to do, e.g. ``already built``."""
        self.skipped = reason


class Report:
    """Prints the steps of a command as they run. Several steps may run at the same time, each in its own thread."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(soft_wrap=True)
        self._live = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self._lock = threading.Lock()
        self._running = 0
        self._stopping = False

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Show ``title`` as running, then as done, skipped, failed or stopped; exceptions pass through.

        Raises:
            Stopped: ``stop_steps`` was called before.
        """
        if self._stopping:
            raise Stopped(title)
        step = Step(title)
        if not self.console.is_terminal:
            self.console.print(f"… {title}", highlight=False)
        task = self._live.add_task(title)
        self._count(+1)
        started = time.monotonic()
        try:
            yield step
        except BaseException:
            if self._stopping:
                self.console.print(f"– {title}  [dim]stopped[/]", highlight=False)
            else:
                self.console.print(f"[red]✗[/] {title}", highlight=False)
            raise
        else:
            seconds = time.monotonic() - started
            ending = f"[dim]{step.skipped}[/]" if step.skipped else f"[dim]{seconds:.1f} s[/]"
            self.console.print(f"[green]✓[/] {title}  {ending}", highlight=False)
        finally:
            self._live.remove_task(task)
            self._count(-1)

    def stop_steps(self) -> None:
        """Start no further step; running steps continue."""
        self._stopping = True

    def _count(self, change: int) -> None:
        """Show the live display as long as a step runs."""
        with self._lock:
            self._running += change
            if self._running == 0:
                self._live.stop()
            elif change > 0:
                self._live.start()
