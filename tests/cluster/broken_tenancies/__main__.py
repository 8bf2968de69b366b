"""``verify`` on broken tenancies: ``python -m tests.cluster.broken_tenancies [--only WORDS]``.

It deploys a second tenancy, makes one fault after the other, and prints what ``verify`` reported: all checks on the
healthy tenancy, and with a fault those that need no server and those that must find it. Exit code 1 if a fault was not
diagnosed, or if the tenancy was not healthy before.
"""

import argparse
import re
import sys
import tempfile
from pathlib import Path

from components.cli.diagnose.result import CheckResult, Status
from components.cli.verify.check import Check
from components.cli.verify.checks import CHECKS, OUTSIDE
from components.config.stack_file import STACKS, stack_path
from tests.cluster.broken_tenancies.faults import FAULTS, Broken, Fault
from tests.support.running_tenancy import running_state
from tests.support.second_tenancy import SecondTenancy
from tests.support.verification import Site

NAME = "broken"


def main() -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster.broken_tenancies", description=__doc__)
    parser.add_argument("--skip-healthy", action="store_true", help="do not verify the tenancy without a fault")
    parser.add_argument("--only", default="", help="only faults whose name matches this pattern")
    options = parser.parse_args()
    state, chosen = running_state(), [fault for fault in FAULTS if re.search(options.only, fault.name)]
    with (
        tempfile.TemporaryDirectory() as folder,
        SecondTenancy.clean(state, Path(folder), NAME) as tenancy,
    ):
        tenancy.up()
        tenancy.wait_for_hub()
        broken = Broken(state, tenancy, Site(state, stack_path(NAME, tenancy.folder / STACKS)))
        is_healthy = options.skip_healthy or _try_healthy(broken)
        return 0 if all([is_healthy, *(_try(broken, fault) for fault in chosen)]) else 1


def _try_healthy(broken: Broken) -> bool:
    results, seconds = broken.site.verify()
    is_healthy = all(each.status is not Status.BROKEN for each in results.values())
    _report("healthy", "as it should be" if is_healthy else "BROKEN", results, seconds)
    return is_healthy


def _try(broken: Broken, fault: Fault) -> bool:
    broken.settle()
    with fault.make(broken) as env:
        results, seconds = broken.site.verify(env, checks_for(fault.subject))
    found = results.get(fault.subject)
    is_diagnosed = found is not None and found.status is fault.status and fault.words in found.message
    _report(fault.name, "diagnosed" if is_diagnosed else "NOT DIAGNOSED", results, seconds)
    return is_diagnosed


def checks_for(subject: str) -> list[Check]:
    """Return the checks that need no server, the check with this subject, and those that it needs."""
    needed = {subject}
    for check in reversed(CHECKS):
        if check.subject in needed:
            needed |= set(check.needs)
    return [check for check in CHECKS if check in OUTSIDE or check.subject in needed]


def _report(name: str, verdict: str, results: dict[str, CheckResult], seconds: float) -> None:
    print(f"| {name} | {verdict}, {seconds:.0f} s |", flush=True)
    for each in results.values():
        if each.status is not Status.GOOD:
            print(f"|   | {each.status.value}: {each.subject}: {each.message} → {each.fix} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
