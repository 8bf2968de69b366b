"""The one exception that reaches the person at the keyboard as a sentence instead of a traceback."""

from pathlib import Path


class Failure(Exception):
    """Something the person can act on: what failed, where the log is, the way on."""

    def __init__(self, what: str, *, way_on: str, log: Path | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.way_on = way_on
        self.log = log
