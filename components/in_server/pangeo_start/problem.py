"""Problems of a home: what is wrong, what the server does without, and what the user can do."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

RUN_VARIABLE = "PANGEO_RUN_FOLDER"
"""Environment variable of the server: the folder of this start's temporary files."""

FILE = "problems.json"
"""Name of the file in that folder with the problems; the extension shows them."""

READY = "ready"
"""Name of the file that the extension makes when the server answers."""

MAX_TEXT = 400
"""Greatest number of characters of a text about a user's file."""

MAX_PROBLEMS = 10
"""Greatest number of problems; the hub records no more (``components/in_hub/home_problems.py``)."""


@dataclass(frozen=True)
class Problem:
    """A problem of the user's home."""

    kind: str
    what: str
    fix: str

    @classmethod
    def of(cls, kind: str, what: str, fix: str) -> Problem:
        """Return a problem whose texts are one line each and not too long."""
        return cls(kind, shorten(what), shorten(fix))


def shorten(text: str) -> str:
    """Return a text in one line of printable characters, which ends with … if it was too long."""
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    return line if len(line) <= MAX_TEXT else line[: MAX_TEXT - 1] + "…"


def select(problems: list[Problem]) -> list[Problem]:
    """Return the problems that are shown and reported: all, or the first and how many others there are."""
    if len(problems) <= MAX_PROBLEMS:
        return problems
    shown = problems[: MAX_PROBLEMS - 1]
    others = len(problems) - len(shown)
    return [*shown, Problem.of("more", f"There are {others} further problems.", "Solve these first.")]


def write_problems(folder: Path, problems: list[Problem]) -> None:
    """Write the problems for the extension."""
    (folder / FILE).write_text(json.dumps([asdict(each) for each in select(problems)]), encoding="utf-8")
