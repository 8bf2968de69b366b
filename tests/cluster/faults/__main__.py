"""``python -m tests.cluster.faults [--times N] [--seed S] [--only WORDS]``: faults of the running tenancy.

Whoever works on it is thrown out again and again. Ends in a table, also in ``.state/faults/node.json``.
"""

import argparse
import sys
from collections.abc import Callable
from random import Random

from local.paths import State
from tests.cluster.faults.at_work import Tenancy
from tests.cluster.faults.faults import FAULTS
from tests.engine.faults.campaign import run, write


def main() -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster.faults", description="Kill what runs, many times.")
    parser.add_argument("--times", type=int, default=3, help="how often each is tried (3)")
    parser.add_argument("--seed", type=int, default=1, help="where the moments to strike at are drawn from (1)")
    parser.add_argument("--only", default="", help="only faults with these words in their name")
    options = parser.parse_args()
    tenancy = Tenancy(State(), Random(options.seed))

    def strike(fault: Callable[[Tenancy], str]) -> Callable[[], str]:
        return lambda: fault(tenancy)

    chosen = [(name, strike(fault)) for name, fault in FAULTS.items() if options.only in name]
    tried = run(chosen, options.times)
    write("node", tried, options.seed)
    return 1 if any(each.lost for each in tried) else 0


if __name__ == "__main__":
    sys.exit(main())
