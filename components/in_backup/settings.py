"""The settings of a run, which the chart mounts as a file."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from components.in_backup.repository import Repository


@dataclass(frozen=True)
class Settings:
    """The settings of a run."""

    namespace: str
    repository: Repository
    keep: Mapping[str, int]
    """Numbers of daily, weekly and monthly backups."""
    concurrency: int
    ram_gb: float
    limit_seconds: float
    """Time limit of the run."""
    priority_class: str
    archive_days: int | None = None
    """Days without access after which a home is archived; None for never."""
    image: str = ""
    """The image with restic."""
    own_image: str = ""
    """The image with Python, in which the run itself is: the hub's."""
    pull_secrets: tuple[str, ...] = ()
    home_placement: Mapping[str, Any] = field(default_factory=dict)
    """Affinity and tolerations of the pods that read homes."""
    service_placement: Mapping[str, Any] = field(default_factory=dict)
    """The same of all other pods."""
    code: Mapping[str, str] = field(default_factory=dict)
    """Paths of the mounted modules, by their keys in the ConfigMap."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels of every pod besides that of its purpose."""
    snapshot_class: str | None = None
    """VolumeSnapshotClass with which homes in use are read from snapshots; None to read all on their nodes."""
    snapshot_copy_class: str | None = None
    """Storage class of the temporary claims with a snapshot's content; None for the cluster's default."""

    def to_json(self) -> str:
        """Return the content of the file."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Settings":
        """Read the content of the file."""
        values = json.loads(text)
        return cls(
            **{
                **values,
                "repository": Repository(**values["repository"]),
                "pull_secrets": tuple(values["pull_secrets"]),
            }
        )
