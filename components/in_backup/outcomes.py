"""The outcome of a pod that ran restic, with a message for the operator. Pure."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.in_backup.settings import Settings

MAX_TEXT = 400
"""Most characters of restic's own text in a message."""

UNREADABLE = 3
"""restic's exit code after a backup without some of the files."""

UNREADABLE_WARNING = "Warning: at least one source file could not be read"


@dataclass(frozen=True)
class Outcome:
    """The outcome of a pod."""

    is_good: bool
    message: str = ""
    """The cause and its fix; of a good outcome, what is missing in it."""
    summary: Mapping[str, Any] | None = None
    """restic's summary of a backup."""


CAUSES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("Evicted",), "the node {node} ended the pod; it had too little disk or memory"),
    (("OOMKilled",), "restic needed more memory; set a larger pangeo:backup.ramGb"),
    (
        ("RequestTimeTooSkewed", "too large"),
        "the clock of the node {node} differs from the store's by more than 15 minutes; set the clock of both by NTP",
    ),
    (
        ("InvalidAccessKeyId", "SignatureDoesNotMatch", "Access Key Id you provided does not exist", "signature we"),
        "the store does not accept the access key; write the right {keys} into the Secret {secret}",
    ),
    (
        ("400 Bad Request", "AuthorizationHeaderMalformed", "region is wrong"),
        "the store does not accept the request; write its region into pangeo:backup.region",
    ),
    (
        ("wrong password or no key found",),
        "the repository {url} has another password; write it into the key repository-password of the Secret {secret}, "
        "or set another pangeo:backup.prefix",
    ),
    (("NoSuchBucket", "bucket does not exist"), "the bucket of {url} does not exist; create it at the store"),
    (
        ("AccessDenied", "Access Denied", "403 Forbidden"),
        "the store refuses access to {url}; write the right {keys} into the Secret {secret}, let this account read, "
        "write and delete objects in the bucket, and compare the clocks of the node {node} and of the store",
    ),
    (
        ("QuotaExceeded", "QuotaFull", "StorageFull", "InsufficientStorage", "507 ", "no space left", "EntityTooLarge"),
        "the store has no space left for {url}; enlarge the bucket's quota, or keep fewer backups (pangeo:backup.keep)",
    ),
    (
        ("x509:", "certificate"),
        "the store's certificate is not trusted; write the authority's into pangeo:backup.caCertificate, or correct "
        "the host in pangeo:backup.endpoint",
    ),
    (
        (
            *("no such host", "connection refused", "i/o timeout", "no route to host", "network is unreachable"),
            *("no answer within", "connection reset", "EOF", "deadline exceeded", "503 ", "502 "),
        ),
        "the store does not answer at {url}; check pangeo:backup.endpoint, the store, and the network between",
    ),
    (
        ("already locked",),
        "another program has locked the repository {url} for longer than half an hour; end it, or remove its lock with "
        "restic unlock",
    ),
    (("DeadlineExceeded",), "it was not finished within its time limit; see pangeo:backup.timeLimitHours"),
)
"""Texts of restic, the store and Kubernetes with the cause that they have. The first one that fits is taken."""


def explain(text: str, settings: Settings, node: str = "") -> str:
    """Return the message for an error of restic, with its own text."""
    repository = settings.repository
    values = {"url": repository.url.removeprefix("s3:"), "secret": repository.secret, "node": node}
    values["keys"] = "access-key and secret-key"
    line = shorten(text)
    for markers, cause in CAUSES:
        if any(each in text for each in markers):
            return f"{cause.format(**values)} (restic: {line})" if line else cause.format(**values)
    return line or "the pod failed without a message"


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
    if status.get("phase") not in ("Succeeded", "Failed"):
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
        lines = [each for each in text.splitlines() if each != UNREADABLE_WARNING and read_summary(each) is None]
        rest = "\n".join(lines)
        return Outcome(True, f"some files could not be read: {shorten(rest)}", summary)
    reason = str((failed or {}).get("reason") or "")
    # Kubernetes' own reasons explain more than what restic wrote before its end.
    causes = [str(status.get("reason") or ""), str(status.get("message") or ""), reason if reason != "Error" else ""]
    return Outcome(False, explain("\n".join([*causes, text]), settings, node))


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
