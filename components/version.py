"""The program's version; its only source is ``pyproject.toml``."""

from pathlib import Path

_PROJECT_FILE = Path(__file__).resolve().parent.parent / "pyproject.toml"


def program_version() -> str:
    """Return the version in ``pyproject.toml``, e.g. ``0.3.0``.

    Raises:
        OSError: the file is missing or cannot be read.
    """
    import tomllib  # imported here because few commands need it

    return str(tomllib.loads(_PROJECT_FILE.read_text(encoding="utf-8"))["project"]["version"])
