"""Fault injection on temporary servers: ``python -m tests.engine.faults [--times N] [--seed S] [--only WORDS]``.

It injects every fault N times at random points and prints a table. Exit code 1 if data was lost or an ``up`` failed.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Generic, TypeVar

from tests.engine.faults.campaign import inject_all
from tests.engine.faults.faults import FAULTS
from tests.engine.faults.group_faults import GROUP_FAULTS
from tests.engine.faults.ownership_faults import OWNERSHIP_FAULTS
from tests.engine.faults.targets import group_target, tenancy_target
from tests.support.api_server import throw_away_api_server
from tests.support.directory import throw_away_directory
from tests.support.tools import PROGRAMS, link_tools

T = TypeVar("T")


def main() -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.engine.faults", description="Inject faults several times.")
    parser.add_argument("--times", type=int, default=5, help="attempts per fault (default: 5)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the random points (default: 1)")
    parser.add_argument("--only", default="", help="only faults whose name contains these words")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-")))
        tools = link_tools(folder / "bin", PROGRAMS)
        directory = stack.enter_context(throw_away_directory())
        api_server = stack.enter_context(throw_away_api_server(tools))
        random = Random(options.seed)
        groups = ReusedTarget(lambda: stack.enter_context(group_target(_new(folder), tools, directory, random)))
        tenancies = ReusedTarget(lambda: tenancy_target(_new(folder), tools, directory, api_server, random))
        tenancy_faults = [*FAULTS.items(), *OWNERSHIP_FAULTS.items()]
        chosen = [(name, groups.injection(fault)) for name, fault in GROUP_FAULTS.items() if options.only in name]
        chosen += [(name, tenancies.injection(fault)) for name, fault in tenancy_faults if options.only in name]
        results = inject_all(chosen, options.times)
    return 1 if any(result.failures for result in results) else 0


class ReusedTarget(Generic[T]):
    """A target that is created when it is first needed, and again after a fault that it did not survive."""

    def __init__(self, create: Callable[[], T]) -> None:
        self._create = create
        self._target: T | None = None

    def injection(self, fault: Callable[[T], str]) -> Callable[[], str]:
        """Return a function that injects the fault into the current target."""

        def inject() -> str:
            target, self._target = self._target or self._create(), None
            outcome = fault(target)
            self._target = target
            return outcome

        return inject


def _new(folder: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=folder))


if __name__ == "__main__":
    sys.exit(main())
