"""What every engine that is started here is told alike, the local tenancy's and the tests'."""

import os
import sys
from pathlib import Path

from local.paths import PROJECT


def engine_variables(home: Path, *first_on_path: Path) -> dict[str, str]:
    """Variables of an engine that asks nobody for versions or plugins, and runs Python's plugins with this interpreter.

    Args:
        home: Pulumi's, with the plugins that are installed.
        first_on_path: folders before those of this process's PATH: launchers of stand-ins, then tools.
    """
    return {
        "PATH": os.pathsep.join([*map(str, first_on_path), os.environ["PATH"]]),
        "PULUMI_HOME": str(home),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_PYTHON_CMD": sys.executable,
        "PYTHONPATH": str(PROJECT),
    }
