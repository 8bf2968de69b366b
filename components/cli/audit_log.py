"""Log of changed memberships: one line of JSON for each change, in a file that only its owner can read."""

import getpass
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

BEGUN, DONE, NOT_KNOWN = "begun", "done", "not known"


@dataclass(frozen=True)
class Entry:
    """One attempted change.

    ``outcome`` is ``DONE``, ``NOT_KNOWN`` where FreeIPA's answer was lost, or ``BEGUN`` before several steps.
    """

    time: str
    who: str
    """DN of the FreeIPA account that made the change."""

    operator: str
    """Name of the local user that ran the command."""

    stack: str
    group: str
    change: str
    user: str
    outcome: str

    def __str__(self) -> str:
        outcome = "" if self.outcome == DONE else f" ({self.outcome})"
        return f"{self.time} {self.change} {self.user}, group {self.group}, by {self.who} ({self.operator}){outcome}"


class AuditLog:
    """The log's file. Lines are only ever added to it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def prepare(self) -> None:
        """Create the file, so that a log that cannot be written is reported before anything is changed.

        Raises:
            OSError: the file cannot be written.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        os.close(self._open())

    def write(self, entry: Entry) -> None:
        """Append the entry in a single write, so that lines of concurrent commands do not mix.

        Raises:
            OSError: the file cannot be written.
        """
        line = json.dumps(asdict(entry), ensure_ascii=False) + "\n"
        file = self._open()
        try:
            os.write(file, line.encode())
        finally:
            os.close(file)

    def _open(self) -> int:
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def default_path(stack: str, environment: Mapping[str, str]) -> Path:
    """Return the default path of a stack's log, which is in the operator's state folder and not in the project."""
    state = environment.get("XDG_STATE_HOME") or str(Path(environment.get("HOME") or "~").expanduser() / ".local/state")
    return Path(state) / "pangeo" / f"members-{stack}.jsonl"


def now() -> str:
    """Return the time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def operator() -> str:
    """Return the name of the user that runs this process, or its number where it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
