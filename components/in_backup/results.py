"""The result of runs, which the ConfigMap ``pangeo-backup`` has as JSON. Pure."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

CONFIG_MAP, KEY = "pangeo-backup", "result.json"

MAX_MESSAGES = 300
"""Number of volumes whose message is kept; a ConfigMap has at most 1 MiB."""

CHECKS = ("retention", "test_restore", "database_restore", "check")

RUNNING, SUCCEEDED, FAILED = "running", "succeeded", "failed"


@dataclass
class Check:
    """The last one of a kind of check or work on the repository."""

    at: str
    is_good: bool
    message: str = ""
    user: str = ""
    """Of a test restore: the user whose home was restored."""
    size: int = 0
    """Of a test restore: the bytes."""


@dataclass
class Run:
    """A run."""

    job: str
    began: str
    ended: str = ""
    state: str = RUNNING
    error: str = ""
    """Why no volume was read at all."""
    doing: str = ""
    """What a running one does or waits for."""
    volumes: int = 0
    """Number of volumes."""
    good: int = 0
    """Number of volumes that are backed up."""
    failed: dict[str, str] = field(default_factory=dict)
    """Messages of volumes that could not be backed up, by the user's name; that of the hub's database has a space."""
    incomplete: dict[str, str] = field(default_factory=dict)
    """Messages of backups without some of the files."""
    without_snapshot: dict[str, str] = field(default_factory=dict)
    """Messages about snapshots of homes in use that failed, so that the homes were read on their nodes."""
    deleted: dict[str, str] = field(default_factory=dict)
    """Claims of homes that were deleted during the run, by the user's name; their earlier backups stay."""
    archived: dict[str, str] = field(default_factory=dict)
    """Ids of the archives of former members' homes that the run has made, by the claim."""
    not_archived: dict[str, str] = field(default_factory=dict)
    """Messages of former members' homes that are due to be archived and could not be, by the claim."""
    added: int = 0
    """Bytes that the run has added to the repository."""
    read: int = 0
    """Bytes in all volumes that were backed up."""


@dataclass
class Result:
    """The results of the last run, and of the last work on the repository."""

    run: Run | None = None
    last_good: str = ""
    """End of the last run that backed all volumes up."""
    retention: Check | None = None
    test_restore: Check | None = None
    database_restore: Check | None = None
    check: Check | None = None
    is_store_full: bool = False
    """Whether the last run ended because the store was full, so that the next one deletes old backups first."""

    @property
    def checks(self) -> list[Check]:
        """The last one of each kind."""
        return [each for each in (self.retention, self.test_restore, self.database_restore, self.check) if each]

    def to_json(self) -> str:
        """Return the content of the key."""
        values = asdict(self)
        if self.run:
            for name in ("failed", "incomplete", "without_snapshot", "deleted", "not_archived"):
                values["run"][name] = dict(list(values["run"][name].items())[:MAX_MESSAGES])
        return json.dumps(values, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read the content of the key. What an unknown version has written counts as absent."""
        try:
            values = json.loads(text)
            return cls(
                run=_read(Run, values.get("run")),
                last_good=str(values.get("last_good") or ""),
                **{name: _read(Check, values.get(name)) for name in CHECKS},
                is_store_full=values.get("is_store_full") is True,
            )
        except (ValueError, TypeError, AttributeError):
            return cls()

    @classmethod
    def from_config_map(cls, config_map: Mapping[str, Any] | None) -> Self:
        """Read the ConfigMap; None is one that does not exist."""
        return cls.from_json(((config_map or {}).get("data") or {}).get(KEY) or "{}")


def _read(kind: type[Any], values: Mapping[str, Any] | None) -> Any:  # noqa: ANN401 - an instance of ``kind``
    return None if values is None else kind(**values)


def now_text(now: datetime | None = None) -> str:
    """Return a time as ISO 8601 in UTC, without fractions of a second."""
    return (now or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")
