"""Sizes, parts and times of homes as text. Pure."""

from datetime import datetime

from components.cli.homes.home import Home

GIB = 2**30
"""Bytes of a GB in the stack file: ``notebookStorageGb: 10`` requests ``10Gi``."""

UNKNOWN = "unknown"


def format_gb(size: float) -> str:
    """Return a number of bytes in GB, with one digit if it is not whole."""
    return f"{size / GIB:.1f}".removesuffix(".0")


def format_use(home: Home) -> str:
    """Return the used bytes with their part of the size, such as ``8.5 (85 %)``."""
    if home.use is None or home.used_part is None:
        return UNKNOWN
    return f"{format_gb(home.use.used)} ({format_part(home.used_part)})"


def format_part(part: float) -> str:
    """Return a part in percent, rounded down, so that 90 % are at least 90 %."""
    return f"{int(part * 100 + 1e-6)} %"


def format_time(time: datetime | None) -> str:
    """Return a time in UTC, to the minute."""
    return UNKNOWN if time is None else f"{time:%Y-%m-%d %H:%M}"
