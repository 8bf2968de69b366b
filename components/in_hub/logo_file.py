"""The community's logo, which the program mounts beside the hub's code. Pure."""

import base64
from pathlib import Path

FILE = Path(__file__).with_name("logo.txt")
"""The mounted image: its media type, and its content in base64; there is no file for a tenancy without a logo."""


def read_logo(file: Path = FILE) -> tuple[str, bytes] | None:
    """Return the image's media type and content; None if there is none."""
    try:
        media_type, _, content = file.read_text(encoding="ascii").partition("\n")
    except FileNotFoundError:
        return None
    return media_type, base64.b64decode(content)
