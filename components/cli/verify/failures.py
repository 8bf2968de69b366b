"""Reasons for which a check of ``verify`` ends."""


class CheckFailed(Exception):
    """A check failed. The text says what users notice, ``fix`` what to do."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.fix = fix


class CodeFailed(Exception):
    """Code failed in the verification's server. The text is the exception's last line."""


class Ended(Exception):
    """The run has ended before the check: by its time limit, or before it (``Context.end_reason``)."""
