"""One reason why the hub is not ready yet, and texts from the cluster in a form that may be printed. Pure."""

import re
from dataclasses import dataclass, replace
from typing import Literal

from components.escape import escape_control_characters

LONGEST_TEXT = 500
"""Limit of a text from the cluster, in characters."""

_SPACES = re.compile(r"\s+")
_URL_SECRETS = ((re.compile(r"(\w+://)[^/\s\"'@]+@"), r"\1…@"), (re.compile(r"(\w+://[^?\s\"']+)\?[^\s\"']+"), r"\1?…"))
"""A user name with password, and a query, which contains the signature of a registry's redirect."""


@dataclass(frozen=True)
class Finding:
    """A reason why the hub is not ready."""

    subject: str
    """The object, e.g. ``pod hub-7c9f``."""
    message: str
    fix: str | None = None
    """The fix, if waiting cannot help; None if it may."""
    confirm_seconds: float = 0.0
    """How long the finding must last before it counts as final: some causes also occur while a pod starts."""
    stage: Literal["starting", "running", "crashing"] = "starting"
    """How far the pod has come. A container may crash because another pod, such as the proxy, is still starting."""

    def __str__(self) -> str:
        return f"{self.subject}: {self.message}"

    def without_fix(self) -> "Finding":
        """Return the finding as one that waiting may help."""
        return replace(self, fix=None)


def printable(text: object) -> str:
    """Return a text from the cluster in one line of limited length, without control characters and secrets of URLs."""
    line = _SPACES.sub(" ", str(text or "")).strip()
    for pattern, replacement in _URL_SECRETS:
        line = pattern.sub(replacement, line)
    line = escape_control_characters(line)
    return line if len(line) <= LONGEST_TEXT else f"{line[:LONGEST_TEXT]}…"
