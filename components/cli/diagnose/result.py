"""What was looked at, how it was found, and what to do about it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

NOTHING_BROKEN, SOMETHING_BROKEN, SOMETHING_UNKNOWN = 0, 1, 3
"""Exit codes; 2 is a wrong command line. Unknown: nothing was found broken, but not everything could be looked at."""


class State(StrEnum):
    """How something was found."""

    GOOD = "good"
    WARNING = "warning"
    BROKEN = "broken"
    UNKNOWN = "not checked"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. ``told`` is a sentence; ``do`` is the way out, empty where there is nothing to do.

    ``facts`` are the same for machines.
    """

    what: str
    state: State
    told: str
    do: str = ""
    facts: tuple[tuple[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "what": self.what,
            "state": self.state.value,
            "told": self.told,
            **({"do": self.do} if self.do else {}),
            **dict(self.facts),
        }


def good(what: str, told: str, **facts: object) -> Finding:
    """Nothing to do."""
    return Finding(what, State.GOOD, told, facts=tuple(facts.items()))


def warning(what: str, told: str, do: str, **facts: object) -> Finding:
    """It works, and somebody should look at it."""
    return Finding(what, State.WARNING, told, do, tuple(facts.items()))


def broken(what: str, told: str, do: str, **facts: object) -> Finding:
    """Here the chain is broken."""
    return Finding(what, State.BROKEN, told, do, tuple(facts.items()))


def unknown(what: str, told: str, do: str = "") -> Finding:
    """It could not be looked at, and ``told`` says why."""
    return Finding(what, State.UNKNOWN, told, do)


def exit_code(findings: Iterable[Finding]) -> int:
    """What a monitor goes by."""
    states = {finding.state for finding in findings}
    if State.BROKEN in states:
        return SOMETHING_BROKEN
    return SOMETHING_UNKNOWN if State.UNKNOWN in states else NOTHING_BROKEN


def conclusion(findings: Sequence[Finding]) -> str:
    """All of it in a sentence."""
    by_state = {state: [each.what for each in findings if each.state is state] for state in State}
    parts = [
        f"{said}: {', '.join(by_state[state])}"
        for state, said in (
            (State.BROKEN, "broken"),
            (State.UNKNOWN, "not checked"),
            (State.WARNING, "to be looked at"),
        )
        if by_state[state]
    ]
    return "; ".join(parts) or "nothing is broken"
