"""Progress of long work on the terminal: a line and a time for each step; plain lines where there is no terminal."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class Step:
    """A step under way. ``skip`` says that its result was there already."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.skipped: str | None = None

    def skip(self, why: str) -> None:
        """Say why the step had nothing to do, e.g. ``already built``."""
        self.skipped = why


class Report:
    """Prints steps as they run; several may run at once, each from its own thread."""

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
        self._running = 0

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Show ``title`` as running, then as done, skipped or failed; exceptions pass through."""
        step = Step(title)
        if not self.console.is_terminal:
            self.console.print(f"… {title}", highlight=False)
        task = self._live.add_task(title)
        self._live.start()
        self._running += 1
        started = time.monotonic()
        try:
            yield step
        except BaseException:
            self.console.print(f"[red]✗[/] {title}", highlight=False)
            raise
        else:
            seconds = time.monotonic() - started
            ending = f"[dim]{step.skipped}[/]" if step.skipped else f"[dim]{seconds:.1f} s[/]"
            self.console.print(f"[green]✓[/] {title}  {ending}", highlight=False)
        finally:
            self._live.remove_task(task)
            self._running -= 1
            if self._running == 0:
                self._live.stop()
