"""The stand-in for the official CLI's language host, for tests that run the CLI."""

import sys
from pathlib import Path

from local.stand_ins.plugins.choose import LANGUAGE, Plugin, write_launchers


def language_host(folder: Path) -> Path:
    """Create a folder for PATH with the language host under the name that the engine looks for."""
    return write_launchers(folder, [Plugin(LANGUAGE, "", None)], Path(sys.executable))
