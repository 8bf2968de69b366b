"""Progress of ``verify`` on standard error: the running checks at a terminal, a line for each result in a log."""

import sys
import time
from collections.abc import Sequence
from contextlib import suppress

from rich.status import Status as RichStatus

from components.cli.diagnose.result import CheckResult
from components.cli.output import console
from components.escape import escape_control_characters


class Progress:
    """At a terminal, one line that changes; elsewhere, a line for each result.

    A terminal or pipe that was closed is ignored: the run still has to remove what it has created.
    """

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._printed: set[str] = set()
        self._status: RichStatus | None = console(stderr=True).status("checking") if sys.stderr.isatty() else None

    def __enter__(self) -> "Progress":
        if self._status is not None:
            with suppress(OSError):
                self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            with suppress(OSError):
                self._status.stop()

    def show(self, running: Sequence[str], results: Sequence[CheckResult]) -> None:
        """Show the checks that run now, or the new results."""
        seconds = time.monotonic() - self._began
        if self._status is not None:
            self._update(self._status, f"{len(results)} done, {seconds:.0f} s: {', '.join(running)}")
            return
        for result in results:
            if result.subject not in self._printed:
                self.report(f"{result.subject}: {result.status.value} ({seconds:.0f} s)")
        self._printed = {result.subject for result in results}

    def report(self, line: str) -> None:
        """Show a line about something that takes long."""
        if self._status is not None:
            self._update(self._status, escape_control_characters(line))
            return
        with suppress(OSError):
            print(escape_control_characters(line), file=sys.stderr, flush=True)

    @staticmethod
    def _update(status: RichStatus, line: str) -> None:
        with suppress(OSError):
            status.update(line)
