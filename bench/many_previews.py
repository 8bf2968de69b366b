"""``python -m bench.many_previews ROOT IN_FLIGHT STACK…``: previews of many stacks of the project in this folder."""

import sys
from pathlib import Path

from bench.preview import preview_all
from previews import InFlight

if __name__ == "__main__":
    preview_all(Path.cwd(), Path(sys.argv[1]), sys.argv[3:], InFlight(int(sys.argv[2])))
