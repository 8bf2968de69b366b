"""The error with which a restore ends before or after it has changed something."""


class RestoreRefused(Exception):
    """Nothing more is restored. The text is the reason and the fix, for the operator."""
