"""The outcome of a pod that ran restic, with a message for the operator. Pure."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from components.in_backup.causes import StoreProblem, describe, find_cause
from components.in_backup.settings import Settings
from components.in_backup.volumes import ENDED

MAX_TEXT = 400
"""Most characters of restic's own text in a message."""

UNREADABLE = 3
"""restic's exit code after a backup without some of the files."""

UNREADABLE_WARNING = "at least one source file could not be read"
"""restic's last line then, after ``Warning:``, or as the message of ``exit_error`` in JSON since 0.17."""

NODE_REASONS = ("Evicted", "NodeShutdown", "Terminated", "Preempting")
"""Kubernetes' reasons for pods that a node has ended for its own reasons."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of a pod."""

    is_good: bool
    message: str = ""
    """The cause and its fix; of a good outcome, what is missing in it."""
    summary: Mapping[str, Any] | None = None
    """restic's summary of a backup."""
    store: StoreProblem | None = None
    """Set if all other pods would fail, too."""
    is_evicted: bool = False
    """Whether the node, not restic, ended it, so that it can be repeated."""


def explain(text: str, settings: Settings, node: str = "", code: int | None = None) -> Outcome:
    """Return the outcome for an error of restic, with its own text in the message.

    Args:
        text: restic's errors, and Kubernetes' reasons.
        settings: the run's settings.
        node: the node of the pod.
        code: restic's exit code.
    """
    line, cause = shorten(text), find_cause(text, code)
    if cause is None:
        return Outcome(False, line or "the pod failed without a message")
    message = describe(cause, settings.repository, node)
    return Outcome(False, f"{message} (restic: {line})" if line else message, store=cause.store)


def shorten(text: str) -> str:
    """Return the last lines of a text in one, as far as they fit."""
    lines = [_readable(each.strip()) for each in text.splitlines() if each.strip()]
    line = "; ".join(dict.fromkeys(lines))
    return line if len(line) <= MAX_TEXT else f"…{line[-MAX_TEXT:]}"


def _readable(line: str) -> str:
    """Return the text of a line in JSON, which restic writes for errors."""
    try:
        found = json.loads(line)
    except ValueError:
        return line
    if not isinstance(found, dict):
        return line
    error = found.get("error")
    inner = (error.get("message") or _error_name(error.get("Err"))) if isinstance(error, dict) else None
    parts = (found.get("item"), found.get("message") or inner)
    return ": ".join(str(each) for each in parts if each) or line


def _error_name(number: object) -> str:
    return os.strerror(number).lower() if isinstance(number, int) else ""


def read_outcome(pod: Mapping[str, Any], settings: Settings) -> Outcome | None:
    """Return the outcome of a pod; None while it has none."""
    status = pod.get("status") or {}
    if status.get("phase") not in ENDED:
        return None
    node = str(pod["spec"].get("nodeName") or "")
    ended = [
        terminated
        for part in ("initContainerStatuses", "containerStatuses")
        for container in status.get(part) or ()
        if (terminated := (container.get("state") or {}).get("terminated"))
    ]
    failed = next((each for each in ended if each.get("exitCode")), None)
    if status["phase"] == "Succeeded":
        return Outcome(True, summary=read_summary(str(ended[-1].get("message") or "")) if ended else None)
    text = str((failed or {}).get("message") or "")
    summary = read_summary(text)
    if failed and failed.get("exitCode") == UNREADABLE and summary:
        lines = [each for each in text.splitlines() if not _is_about_all(each)]
        rest = shorten("\n".join(lines))
        if summary.get("total_files_processed") == 0:
            return Outcome(False, f"none of its files could be read: {rest}", summary)
        return Outcome(True, f"some files could not be read: {rest}", summary)
    reason = str((failed or {}).get("reason") or "")
    # Kubernetes' own reasons explain more than what restic wrote before its end.
    causes = [str(status.get("reason") or ""), str(status.get("message") or ""), reason if reason != "Error" else ""]
    outcome = explain("\n".join([*causes, text]), settings, node, (failed or {}).get("exitCode"))
    return replace(outcome, is_evicted=status.get("reason") in NODE_REASONS)


def _is_about_all(line: str) -> bool:
    """Return whether a line is not about a single file."""
    return UNREADABLE_WARNING in line or read_summary(line) is not None


def read_summary(text: str) -> Mapping[str, Any] | None:
    """Return restic's summary of a backup in a text; None if there is none."""
    for line in reversed(text.splitlines()):
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict) and found.get("message_type") == "summary":
            return found
    return None


def waiting_reason(pod: Mapping[str, Any]) -> str:
    """Return why a pod does not run yet, in Kubernetes' words."""
    status = pod.get("status") or {}
    for part in ("initContainerStatuses", "containerStatuses"):
        for container in status.get(part) or ():
            waiting = (container.get("state") or {}).get("waiting") or {}
            if waiting.get("reason") not in (None, "PodInitializing", "ContainerCreating"):
                return f"{waiting['reason']}: {waiting.get('message') or ''}".strip(": ")
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return str(condition.get("message") or condition.get("reason") or "")
    return "its volume or its image is not there yet" if status.get("phase") == "Pending" else ""
