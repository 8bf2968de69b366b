"""Print the difference of two tenancies of the matrix: ``python -m tests.engine.charts minimal halves``."""

import os
import sys
import tempfile
from pathlib import Path

from local.paths import State
from local.stand_ins.charts.assemble import UPSTREAM_VARIABLE, assemble, upstream_charts
from tests.engine.charts.matrix import MATRIX, matrix_tenancy
from tests.engine.charts.renders import difference, how_to_fetch, render_chart
from tests.support.tools import link_tools


def main(names: list[str]) -> str:
    """Return the difference; exit with a message if the arguments are wrong."""
    if len(names) != 2 or not set(names) <= MATRIX.keys():
        sys.exit(f"name two of: {', '.join(map(repr, MATRIX))}")
    if upstream_charts(os.environ) is None:
        sys.exit(f"set {UPSTREAM_VARIABLE}=FOLDER after {how_to_fetch('FOLDER')}")
    with tempfile.TemporaryDirectory() as root:
        state = State(Path(root))
        link_tools(state.bin, ["helm"])
        chart = assemble(state)
        one, other = (render_chart(state.bin / "helm", chart, matrix_tenancy(name)) for name in names)
    return difference(one, other, (names[0], names[1]))


if __name__ == "__main__":
    print(main(sys.argv[1:]))
