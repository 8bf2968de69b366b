"""``python -m bench.many_previews ROOT IN_FLIGHT STACK…``: previews of many stacks of the project in this folder."""

import os
import sys
from pathlib import Path

from bench.preview import preview_all
from local.stand_ins.plugins.choose import run_by_python
from previews import InFlight

if __name__ == "__main__":
    # The stand-ins' launchers, started cold, are at the front of PATH.
    plugins = run_by_python(Path(os.environ["PULUMI_HOME"]), os.environ["PATH"].partition(os.pathsep)[2])
    preview_all(Path.cwd(), Path(sys.argv[1]), sys.argv[3:], InFlight(int(sys.argv[2])), plugins)
