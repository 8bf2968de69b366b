"""Fault injection into the running tenancy: ``python -m tests.cluster.faults [--times N] [--seed S] [--only WORDS]``.

It injects every fault N times at random moments and prints a table. Exit code 1 if data was lost or an ``up`` failed.
"""

import argparse
import sys
from functools import partial
from random import Random

from local.paths import State
from tests.cluster.faults.faults import FAULTS
from tests.cluster.faults.user_at_work import Tenancy
from tests.engine.faults.campaign import inject_all


def main() -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster.faults", description="Kill running components.")
    parser.add_argument("--times", type=int, default=3, help="attempts per fault (default: 3)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the random moments (default: 1)")
    parser.add_argument("--only", default="", help="only faults whose name contains these words")
    options = parser.parse_args()
    tenancy = Tenancy(State(), Random(options.seed))

    chosen = [(name, partial(fault, tenancy)) for name, fault in FAULTS.items() if options.only in name]
    results = inject_all(chosen, options.times)
    return 1 if any(result.failures for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
