"""The terms of use, which the program mounts beside the hub's code. Pure."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("terms.json")
"""The mounted terms; there is no file for a tenancy without them."""


@dataclass(frozen=True)
class Terms:
    """Terms that each user must accept before a server starts."""

    version: str
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 of the text, which proves later what was accepted."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def to_json(self) -> str:
        """Return the terms as the mounted file has them."""
        return json.dumps(vars(self), indent=1) + "\n"


def read_terms(file: Path = FILE) -> Terms | None:
    """Read the mounted terms; None if there are none.

    Raises:
        OSError: the file cannot be read.
        ValueError: its content is not the terms.
    """
    try:
        return Terms(**json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except TypeError as error:
        raise ValueError(f"{file.name} does not have the terms of use: {error}") from None
