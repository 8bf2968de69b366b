"""Concurrent previews of stacks of the project in the working directory, with the function that CI uses.

``python -m bench.many_previews STACK…`` previews all stacks and fails if one of them has changes;
``python -m bench.many_previews --report FILE STACK`` is the process of one preview.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ci.preview.engine_preview import preview
from ci.preview.preview_all import Limits, PreviewCommand, preview_all
from ci.preview.report import write_report
from components.automation import open_stack


def main() -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.many_previews")
    parser.add_argument("--report", type=Path)
    parser.add_argument("stacks", nargs="+")
    options = parser.parse_args()
    if options.report:
        (name,) = options.stacks
        write_report(preview(open_stack(name, Path.cwd(), inline=True)), options.report)
        return 0
    return _preview_all(options.stacks)


def _preview_all(names: Sequence[str]) -> int:
    found = [timed.preview for timed in preview_all(names, preview_command, Limits.of_machine())]
    bad = [each for each in found if not each.passed or each.counts]
    for each in bad:
        print(f"{each.stack}: {'; '.join(each.errors) or each.counts}")
    return 1 if bad else 0


def preview_command(name: str, report: Path) -> PreviewCommand:
    """Return the command that previews one stack."""
    return PreviewCommand([sys.executable, "-m", "bench.many_previews", "--report", str(report), name], os.environ)


if __name__ == "__main__":
    sys.exit(main())
