"""The exception that the commands print as a message with its fix instead of a traceback."""

from pathlib import Path


class Failure(Exception):
    """An error that the operator can fix.

    Attributes:
        message: what failed.
        fix: what to do about it.
        log: the file with the details, if there is one.
    """

    def __init__(self, message: str, *, fix: str, log: Path | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.log = log
