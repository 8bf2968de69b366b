"""The command ``python -m tests.fuzz.values``: random changes of the hub's values, and random tenancies.

It fails if the rules accept a change that the oracle does not know to be harmless, refuse a tenancy, or print a secret.
"""

import argparse
import sys
import time

from tests.fuzz.values.campaign import run
from tests.fuzz.values.places import known_places


def main() -> int:
    """Run the command; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.values", description=__doc__)
    parser.add_argument("--count", type=int, default=20_000, help="number of changes (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the random choices (default: %(default)s)")
    parser.add_argument("--every", type=int, default=5, help="changes for each tenancy (default: %(default)s)")
    given = parser.parse_args()
    start = time.monotonic()
    findings = run(given.count, given.seed, given.every)
    print(
        f"{given.count} changes at {len(known_places())} places in {time.monotonic() - start:.0f} s, seed {given.seed}"
    )
    for name, number in sorted(findings.counts.items()):
        print(f"  {name:20} {number}")
    print("violations by rule")
    for name, number in findings.by_rule.most_common():
        print(f"  {name:30} {number}")
    print(f"harmless but refused: {sum(findings.refused_harmless.values())}, for example")
    for change, number in findings.refused_harmless.most_common(15):
        print(f"  {number} × {change}")
    print(f"findings: {len(findings.problems)}")
    for problem in findings.problems[:40]:
        print(f"  {problem}")
    return 1 if findings.problems else 0


if __name__ == "__main__":
    sys.exit(main())
