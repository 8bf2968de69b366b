"""Faults tried over and over, with progress, a table at the end and the same as JSON."""

import json
import platform
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from local.paths import State


@dataclass
class Tried:
    """What came of one fault. ``lost`` are the failures: something was lost, or the next ``up`` was not clean."""

    fault: str
    times: int = 0
    ways: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def survived(self) -> int:
        """How often nothing was lost."""
        return self.times - len(self.lost)


def run(faults: Sequence[tuple[str, Callable[[], str]]], times: int, console: Console | None = None) -> list[Tried]:
    """Each fault ``times`` times, whatever comes of it; a failure is kept with its last lines and the rest goes on."""
    console = console or Console(soft_wrap=True)
    tried = [Tried(name) for name, _ in faults]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("faults", total=len(faults) * times)
        for one, (name, strike) in zip(tried, faults, strict=True):
            for _ in range(times):
                progress.update(task, description=name)
                begin = time.monotonic()
                one.times += 1
                try:
                    way = strike()
                    one.ways[way] += 1
                except Exception:
                    way = "LOST"
                    one.lost.append("".join(traceback.format_exc().splitlines(keepends=True)[-12:])[-4000:])
                seconds = time.monotonic() - begin
                one.seconds += seconds
                progress.advance(task)
                if not console.is_terminal:
                    console.print(f"{name}: {way}  {seconds:.1f} s", highlight=False)
    console.print(_table(tried))
    for one in tried:
        for failure in one.lost:
            console.print(f"\n{one.fault}:\n{failure}", highlight=False, markup=False)
    return tried


def write(name: str, tried: Sequence[Tried], seed: int) -> None:
    """Keep the outcome as ``.state/faults/NAME.json``, with when and on what it was found."""
    folder = State().root / "faults"
    folder.mkdir(parents=True, exist_ok=True)
    found = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.system()} {platform.release()} {platform.machine()}",
        "seed": seed,
        "faults": [{**vars(one), "survived": one.survived} for one in tried],
    }
    (folder / f"{name}.json").write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")


def _table(tried: Sequence[Tried]) -> Table:
    table = Table("fault", "tried", "survived", "how", "seconds each")
    for one in tried:
        ways = ", ".join(f"{count} × {way}" for way, count in one.ways.most_common())
        table.add_row(one.fault, str(one.times), str(one.survived), ways, f"{one.seconds / max(1, one.times):.0f}")
    return table
