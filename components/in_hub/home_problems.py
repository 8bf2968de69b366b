"""Problems of homes, which users' servers report when they start and the hub records on the volume claims. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

PROBLEMS_ANNOTATION = "tenancy.pangeo/home-problems"
"""Annotation of a user's volume claim: what was wrong with the home at the last start; none if nothing was."""

PROBLEMS_PATH = "/api/pangeo/home-problems"
"""Path of the reports below the hub's own."""

MAX_PROBLEMS = 10
MAX_TEXT = 400
MAX_BODY_BYTES = 20_000

MAX_REPORTS = 5
"""Greatest number of reports about a home in ``PERIOD_SECONDS``."""

PERIOD_SECONDS = 60.0


@dataclass(frozen=True)
class HomeProblems:
    """The problems of a home at a start of a server."""

    texts: tuple[str, ...]
    at: datetime

    def as_text(self) -> str:
        """Return the value of the annotation."""
        return json.dumps({"problems": list(self.texts), "at": self.at.isoformat(timespec="seconds")})


class ReportLimit:
    """Limits the reports about each home. Several servers may have one, and send again what was refused."""

    def __init__(self) -> None:
        self._times: dict[str, list[float]] = {}

    def accept(self, home: str, now: float) -> bool:
        """Return whether another report is accepted, and count it if so.

        Args:
            home: name of the home's claim.
            now: the present time of a clock that is never set, in seconds.
        """
        recent = [each for each in self._times.get(home, ()) if now - each < PERIOD_SECONDS]
        is_accepted = len(recent) < MAX_REPORTS
        self._times[home] = [*recent, now] if is_accepted else recent
        return is_accepted


def read_report(report: object) -> tuple[str, ...]:
    """Return the texts in a server's report: ``{"problems": [{"kind": …, "what": …}, …]}``. Only the first are kept.

    Raises:
        ValueError: it is no report.
    """
    listed = report.get("problems") if isinstance(report, dict) else None
    if not isinstance(listed, list):
        raise ValueError("a report has a list of problems")
    texts = [each.get("what") if isinstance(each, dict) else None for each in listed[:MAX_PROBLEMS]]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("a problem has a text")
    return tuple(_clean(str(text)) for text in texts)


def read_problems(annotations: Mapping[str, Any] | None) -> HomeProblems | None:
    """Return the recorded problems; None if there are none, or the annotation is not valid."""
    try:
        found = json.loads((annotations or {})[PROBLEMS_ANNOTATION])
        at, texts = datetime.fromisoformat(found["at"]), found["problems"]
    except (KeyError, TypeError, ValueError):
        return None
    is_valid = at.tzinfo and isinstance(texts, Sequence) and all(isinstance(text, str) for text in texts)
    return HomeProblems(tuple(map(_clean, texts)), at) if is_valid and texts else None


def _clean(text: str) -> str:
    """Return a user's text without control characters and of limited length."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:MAX_TEXT]
