"""``python -m tests.engine.faults [--times N] [--seed S] [--only WORDS]``: every fault N times, at points it draws.

Ends in a table, also in ``.state/faults/engine.json``; exit code 1 where anything was lost.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Generic, TypeVar

from tests.engine.faults.campaign import run, write
from tests.engine.faults.faults import FAULTS, GROUP_FAULTS
from tests.engine.faults.places import place_with_a_group, place_with_a_tenancy
from tests.support.api_server import throw_away_api_server
from tests.support.directory import throw_away_directory
from tests.support.tools import PROGRAMS, link_tools

P = TypeVar("P")


def main() -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.engine.faults", description="Try every fault many times.")
    parser.add_argument("--times", type=int, default=5, help="how often each is tried (5)")
    parser.add_argument("--seed", type=int, default=1, help="where the points to strike at are drawn from (1)")
    parser.add_argument("--only", default="", help="only faults with these words in their name")
    options = parser.parse_args()
    with ExitStack() as open_:
        folder = Path(open_.enter_context(tempfile.TemporaryDirectory(prefix="faults-")))
        tools = link_tools(folder / "bin", PROGRAMS)
        directory = open_.enter_context(throw_away_directory())
        api_server = open_.enter_context(throw_away_api_server(tools))
        random = Random(options.seed)
        groups = Renewed(
            lambda: open_.enter_context(place_with_a_group(_new(folder), tools, directory, random)),
        )
        tenancies = Renewed(lambda: place_with_a_tenancy(_new(folder), tools, directory, api_server, random))
        chosen = [(name, groups.strike(fault)) for name, fault in GROUP_FAULTS.items() if options.only in name]
        chosen += [(name, tenancies.strike(fault)) for name, fault in FAULTS.items() if options.only in name]
        tried = run(chosen, options.times)
    write("engine", tried, options.seed)
    return 1 if any(each.lost for each in tried) else 0


class Renewed(Generic[P]):
    """A place made when first needed, and anew after a fault that it did not survive."""

    def __init__(self, make: Callable[[], P]) -> None:
        self._make = make
        self._place: P | None = None

    def strike(self, fault: Callable[[P], str]) -> Callable[[], str]:
        """The fault, to be tried in the place there is then."""

        def tried() -> str:
            place, self._place = self._place or self._make(), None
            way = fault(place)
            self._place = place
            return way

        return tried


def _new(folder: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=folder))


if __name__ == "__main__":
    sys.exit(main())
