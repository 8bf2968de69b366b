"""The definition of an alert, from which the rules of Prometheus and their documentation are made."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["critical", "warning"]

NAMESPACE = "NAMESPACE"
"""In texts and commands, the place of the tenancy's namespace."""

_RANGE = re.compile(r"\[(\d+)([smhd])\]")
_SCOPE = re.compile(r"\{\$scope(?:, )?([^}]*)\}")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class Alert:
    """A condition that an operator must act on."""

    name: str
    expression: str
    """PromQL. Selectors begin with ``$scope``, the place of the tenancy's label; ``<name>`` is one of ``waits``."""
    minutes: int
    """Duration of the condition until the alert fires."""
    severity: Severity
    """``critical``: users cannot work, or soon cannot, or lose data; ``warning``: act within a few days."""
    summary: str
    description: str
    """The meaning, and what to do."""
    commands: tuple[str, ...]
    """What to run."""
    waits: Mapping[str, int] = field(default_factory=dict)
    """Durations in seconds that the expression compares with, by name."""

    def promql(self, scope: str = "", speed: float = 1) -> str:
        """Return the expression.

        Args:
            scope: label matchers of the tenancy; empty for every tenancy.
            speed: shortens every duration by this factor, for a test.
        """
        text = _SCOPE.sub(lambda found: _selector(scope, found[1]), self.expression)
        for name, seconds in self.waits.items():
            text = text.replace(f"<{name}>", f"{seconds / speed:g}")
        return _RANGE.sub(lambda found: f"[{_duration(int(found[1]) * _SECONDS[found[2]], speed)}]", text)

    def lasts(self, speed: float = 1) -> str:
        """Return the duration of the condition in Prometheus's notation."""
        return _duration(self.minutes * 60, speed)

    def delay(self) -> str:
        """Return how long the fault lasts until the alert fires, for readers."""
        seconds = self.minutes * 60 + max(self.waits.values(), default=0)
        return _duration(seconds, 1) if seconds else "at once"


def _selector(*matchers: str) -> str:
    present = [each for each in matchers if each]
    return f"{{{', '.join(present)}}}" if present else ""


def _duration(seconds: int, speed: float) -> str:
    """Return a duration in Prometheus's notation, with the largest unit that gives a whole number."""
    shortened = max(1, round(seconds / speed)) if seconds else 0
    for unit in ("d", "h", "m"):
        if shortened and shortened % _SECONDS[unit] == 0:
            return f"{shortened // _SECONDS[unit]}{unit}"
    return f"{shortened}s"
