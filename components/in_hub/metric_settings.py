"""Settings of the hub's metrics, which the program mounts beside the hub's code if the stack file has them. Pure."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = Path(__file__).with_name("metrics.json")
"""The mounted settings."""

PORT = 9464
"""Port for Prometheus in the pods of the hub, its proxy and the gateway's proxy. A network policy protects it."""


@dataclass(frozen=True)
class MetricSettings:
    """What the hub observes, and which labels it shows."""

    per_user: bool
    per_group: bool
    dask: bool
    """Whether the tenancy has Dask clusters, which the hub may then list."""
    domain: str
    """The hub's host name."""
    address: str
    """The public address of the ingress."""
    database_claim: str
    folder_claims: tuple[str, ...]
    """Claims of the shared folders."""
    worker_cpus: float | None
    """CPUs that pods can request on all worker nodes together; None if the stack file does not describe them."""
    worker_bytes: float | None
    backup: bool = False
    """Whether the tenancy has scheduled backups, whose result the hub may then read."""
    port: int = PORT
    https_port: int = 443

    def to_json(self) -> str:
        """Return the settings as the mounted file has them."""
        return json.dumps(asdict(self), indent=1, sort_keys=True) + "\n"


def read_settings(file: Path = FILE) -> MetricSettings:
    """Read the mounted settings.

    Raises:
        OSError: the file cannot be read.
        ValueError, TypeError, KeyError: its content is not the settings.
    """
    content = json.loads(file.read_text(encoding="utf-8"))
    return MetricSettings(**{**content, "folder_claims": tuple(content["folder_claims"])})
