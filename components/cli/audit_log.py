"""Who let whom in or out, and when: a line of JSON for each change, appended to a file that only its owner reads."""

import getpass
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

DONE, NOT_KNOWN = "done", "not known"


@dataclass(frozen=True)
class Entry:
    """One change that was tried. ``outcome`` is ``DONE``, or ``NOT_KNOWN`` where nobody heard the answer."""

    time: str
    who: str
    """The account in FreeIPA that made the change."""

    operator: str
    """Who ran the command on this machine."""

    stack: str
    group: str
    change: str
    user: str
    outcome: str

    def __str__(self) -> str:
        how = "" if self.outcome == DONE else f" ({self.outcome})"
        return f"{self.time} {self.change} {self.user}, group {self.group}, by {self.who} ({self.operator}){how}"


class AuditLog:
    """The file. Nothing in it is ever changed or removed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def prepare(self) -> None:
        """Make sure that it can be written to, before anything is changed.

        Raises:
            OSError: it cannot.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        os.close(self._opened())

    def write(self, entry: Entry) -> None:
        """Append; one write, so that lines of several commands at once do not mix.

        Raises:
            OSError: it cannot be written.
        """
        line = json.dumps(asdict(entry), ensure_ascii=False) + "\n"
        file = self._opened()
        try:
            os.write(file, line.encode())
        finally:
            os.close(file)

    def _opened(self) -> int:
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def default_path(stack: str, environment: Mapping[str, str]) -> Path:
    """Where a stack's journal is kept if the operator does not say: with the user's state, not with the project."""
    state = environment.get("XDG_STATE_HOME") or str(Path(environment.get("HOME") or "~").expanduser() / ".local/state")
    return Path(state) / "pangeo" / f"members-{stack}.jsonl"


def now() -> str:
    """The time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def operator() -> str:
    """The name this process runs under; its number where it has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
