"""Requests to the server's API: those of a person, as opposed to those that an open page repeats by itself.

JupyterLab 4.5 lists kernels, terminals and files every few seconds and marks none of these requests
(github.com/jupyterlab/jupyterlab/issues/19796). They only read; what a person does opens a page or changes something.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

READING = ("GET", "HEAD", "OPTIONS")


class PageRequests:
    """The last request of a person."""

    KEY = "api_last_activity"
    """Setting in which jupyter_server notes the last request to its API, of whatever kind."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings
        self._last: datetime | None = None
        self._log_function = settings["log_function"]
        settings["log_function"] = self._note

    def last_use(self) -> datetime | None:
        """Return the time of the last request of a person; None if there was none."""
        return self._last

    def _note(self, handler: Any, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - no types here
        """Note a request that has been answered, and log it."""
        if is_use(handler.request.method, handler.request.headers.get("Accept", ""), handler.get_status()):
            self._last = datetime.now(timezone.utc)
        self._log_function(handler, *arguments, **options)


def is_use(method: str, accept: str, status: int) -> bool:
    """Return whether a person caused a request: it succeeded, and changed something or opened a page."""
    return 200 <= status < 300 and (method not in READING or "text/html" in accept)
