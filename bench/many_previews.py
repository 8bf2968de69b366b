"""``python -m bench.many_previews ROOT IN_FLIGHT STACK…``: previews of many stacks of the project in this folder."""

import os
import shutil
import sys
from pathlib import Path

from bench.preview import preview_all
from local.plugins.choose import needed, sdk_versions
from previews import InFlight


def stand_ins() -> dict[str, list[str]]:
    """What Python runs for the plugins that this machine lacks; their launchers are at the front of PATH."""
    others = os.environ["PATH"].partition(os.pathsep)[2]
    versions = sdk_versions()
    lacking = needed(
        Path(os.environ["PULUMI_HOME"]), versions, lambda name: shutil.which(name, path=others) is not None
    )
    return {
        each.program: [word.format(version=versions[each.sdk]) for word in each.arguments]
        for each in lacking
        if each.sdk
    }


if __name__ == "__main__":
    preview_all(Path.cwd(), Path(sys.argv[1]), sys.argv[3:], InFlight(int(sys.argv[2])), stand_ins())
