"""Repeated injection of faults, with progress and a table of the results."""

import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table


@dataclass
class FaultResult:
    """The results of one fault."""

    fault: str
    tried: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    """Tracebacks of the attempts after which data was lost or the next ``up`` was not clean."""
    seconds: float = 0.0

    @property
    def survived(self) -> int:
        """Number of attempts without a failure."""
        return self.tried - len(self.failures)


def inject_all(
    faults: Sequence[tuple[str, Callable[[], str]]], times: int, console: Console | None = None
) -> list[FaultResult]:
    """Inject each fault ``times`` times, print the results, and return them; failures do not end the run."""
    console = console or Console(soft_wrap=True)
    results = [FaultResult(name) for name, _ in faults]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("faults", total=len(faults) * times)
        for result, (name, inject) in zip(results, faults, strict=True):
            for _ in range(times):
                progress.update(task, description=name)
                begin = time.monotonic()
                result.tried += 1
                try:
                    outcome = inject()
                    result.outcomes[outcome] += 1
                except Exception:
                    outcome = "FAILED"
                    result.failures.append("".join(traceback.format_exc().splitlines(keepends=True)[-12:])[-4000:])
                seconds = time.monotonic() - begin
                result.seconds += seconds
                progress.advance(task)
                if not console.is_terminal:
                    console.print(f"{name}: {outcome}  {seconds:.1f} s", highlight=False)
    console.print(_table(results))
    for result in results:
        for failure in result.failures:
            console.print(f"\n{result.fault}:\n{failure}", highlight=False, markup=False)
    return results


def _table(results: Sequence[FaultResult]) -> Table:
    table = Table("fault", "tried", "survived", "outcome", "seconds each")
    for result in results:
        outcomes = ", ".join(f"{count} × {outcome}" for outcome, count in result.outcomes.most_common())
        seconds = f"{result.seconds / max(1, result.tried):.0f}"
        table.add_row(result.fault, str(result.tried), str(result.survived), outcomes, seconds)
    return table
