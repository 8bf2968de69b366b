"""Checks of a user's homes: what their servers reported when they were last started."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from components.cli.diagnose.certificates import format_time
from components.cli.diagnose.result import CheckResult, good, warning
from components.in_hub.home_problems import read_problems
from components.in_hub.quantity import size_bytes
from components.in_hub.user_id import NAME_ANNOTATION

HOME = "home"

FIX = "the first page of the user's server explains what to do; docs/user-guide.md describes it"

GROWTH_FIX = (
    "if it waits for a pod, the user stops and starts the server; otherwise see: kubectl describe pvc, in the "
    "tenancy's namespace"
)


def find_unfinished_growth(claim: Mapping[str, Any]) -> str | None:
    """Return a message about a claim that requests more than its volume has; None if it has it, or has no volume. Pure.

    Storage that cannot grow a volume now, for example because of a quota, reports it in the claim's conditions.
    """
    spec, status = claim.get("spec") or {}, claim.get("status") or {}
    requested = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    present = (status.get("capacity") or {}).get("storage")
    if not requested or not present or size_bytes(present) >= size_bytes(requested):
        return None
    messages = [str(each["message"]) for each in status.get("conditions") or () if each.get("message")]
    reason = "; ".join(messages) or "its storage has not grown it yet"
    return f"still {present} instead of {requested}: {reason}"


def check_homes(user: str, claims: Iterable[Mapping[str, Any]]) -> Iterator[CheckResult]:
    """Yield the problems of a user's homes at the last start of a server. Pure.

    Args:
        user: the user's name.
        claims: the volume claims of the namespace.
    """
    found = False
    for claim in claims:
        annotations = claim["metadata"].get("annotations") or {}
        if annotations.get(NAME_ANNOTATION) != user:
            continue
        found = True
        if growth := find_unfinished_growth(claim):
            yield warning(HOME, f"{claim['metadata']['name']}: {growth}", GROWTH_FIX)
        problems = read_problems(annotations)
        if problems is None:
            yield good(HOME, f"{claim['metadata']['name']}: no problem at the last start of its server")
            continue
        for text in problems.texts:
            yield warning(HOME, f"{claim['metadata']['name']}, started {format_time(problems.at)}: {text}", FIX)
    if not found:
        yield good(HOME, f"{user} has no home yet; the first start of a server creates it")
