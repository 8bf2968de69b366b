"""The use of homes, which users' servers report and the hub records on the volume claims. Pure.

The file system of a home is often the home's own: then it has the size of the claim, and knows its used part. Otherwise
it is a whole server's or node's, and the server must add up the sizes of the files.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from components.in_hub.volume_use import is_own_file_system

USE_ANNOTATION = "tenancy.pangeo/home-use"
"""Annotation of a user's volume claim: the used bytes, and when they were measured."""

REPORT_PATH = "/api/pangeo/home-use"
"""Path of the reports below the hub's own."""

MAX_BYTES = 2**60
"""Limit of a reported number."""


@dataclass(frozen=True)
class HomeUse:
    """Used bytes of a home."""

    used: int
    at: datetime

    def as_text(self) -> str:
        """Return the value of the annotation."""
        return json.dumps({"bytes": self.used, "at": self.at.isoformat(timespec="seconds")})


def read_use(annotations: Mapping[str, Any] | None) -> HomeUse | None:
    """Return the recorded use; None if there is none, or it is not valid."""
    try:
        found = json.loads((annotations or {})[USE_ANNOTATION])
        at = datetime.fromisoformat(found["at"])
        return HomeUse(found["bytes"], at) if at.tzinfo and _is_number(found["bytes"]) else None
    except (KeyError, TypeError, ValueError):
        return None


def read_report(report: object) -> dict[str, int]:
    """Return a server's report: ``{"size": …, "used": …}`` of the file system, or ``{"files": …}``, the files' sizes.

    Raises:
        ValueError: it is no report.
    """
    if not isinstance(report, dict) or not all(_is_number(value) for value in report.values()):
        raise ValueError("a report has numbers of bytes")
    if set(report) not in ({"files"}, {"size", "used"}):
        raise ValueError("a report has either size and used, or files")
    if report.get("used", 0) > report.get("size", 0):
        raise ValueError("a report has no more used bytes than the size")
    return report


def judge_report(report: Mapping[str, int], claim_bytes: float) -> int | None:
    """Return the used bytes of a claim of this size; None if the server must add up its files."""
    if "files" in report:
        return report["files"]
    return report["used"] if is_own_file_system(report["size"], claim_bytes) else None


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_BYTES
