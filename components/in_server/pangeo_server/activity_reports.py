"""The interval of the server's reports of its activity to the hub. Imports nothing that an old server may not have."""

from __future__ import annotations

import os

from .settings import Settings

VARIABLE = "JUPYTERHUB_ACTIVITY_INTERVAL"
"""Variable that jupyterhub-singleuser reads when it loads its own extension, before those of later names."""

LONGEST_SECONDS = 300
"""jupyterhub-singleuser's own interval."""


def set_report_interval(settings: Settings) -> None:
    """Let the server report often enough, unless the user or the image has chosen an interval."""
    os.environ.setdefault(VARIABLE, str(report_seconds(settings)))


def report_seconds(settings: Settings) -> int:
    """Return the interval of the reports: several within the time after which a server is idle."""
    if not settings.idle_seconds:
        return LONGEST_SECONDS
    return max(1, min(LONGEST_SECONDS, settings.idle_seconds // 5))
