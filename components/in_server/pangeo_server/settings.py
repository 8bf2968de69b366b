"""Settings of the extension, which ``components/chart/server_code.py`` writes into the file beside this module."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

FILE = Path(__file__).with_name("settings.json")


@dataclass(frozen=True)
class Settings:
    """Settings of the extension, the same for all servers of a tenancy."""

    problems_path: str = ""
    """Path of the report of a home's problems, below the hub's own."""
    home: str = "/home/jovyan"
    """The folder of the user's home volume."""
    idle_seconds: int = 0
    """Time after which the hub stops an idle server; 0: never."""
    kernel_idle_seconds: int = 0
    """Time after which an idle kernel ends; 0: never."""
    running_work: list[str] = field(default_factory=list)
    """Kinds of work that count as activity without a person: ``kernels``, ``programs``, ``dask``."""
    unattended_seconds: int = 0
    """Time after a person's last use for which running work counts; 0: without a bound."""

    def to_json(self) -> str:
        """Return the content of the file."""
        return json.dumps(asdict(self)) + "\n"


def read_settings(file: Path = FILE) -> Settings:
    """Return the settings in the file.

    Raises:
        OSError, ValueError, TypeError: it cannot be read, or has other settings.
    """
    return Settings(**json.loads(file.read_text(encoding="utf-8")))
