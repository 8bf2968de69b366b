"""Reasons for which a check of ``verify`` ends."""


class CheckFailed(Exception):
    """A check failed. The text says what users notice, ``fix`` what to do."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.fix = fix


class CodeFailed(Exception):
    """Code failed in the verification's server. The text is the exception's last line."""


class CodeRaised(CodeFailed):
    """Code raised an exception in a server. ``name`` is the exception's, ``text`` its message and traceback."""

    def __init__(self, message: str, name: str, text: str) -> None:
        super().__init__(message)
        self.name = name
        self.text = text


class Ended(Exception):
    """The run has ended before the check: by its time limit, or before it (``Context.end_reason``)."""
