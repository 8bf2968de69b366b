"""Settings of the extension, which ``components/chart/server_code.py`` writes into the file beside this module."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = Path(__file__).with_name("settings.json")


@dataclass(frozen=True)
class Settings:
    """Settings of the extension, the same for all servers of a tenancy."""

    def to_json(self) -> str:
        """Return the content of the file."""
        return json.dumps(asdict(self)) + "\n"


def read_settings(file: Path = FILE) -> Settings:
    """Return the settings in the file.

    Raises:
        OSError, ValueError, TypeError: it cannot be read, or has other settings.
    """
    return Settings(**json.loads(file.read_text(encoding="utf-8")))
