"""The command ``python -m tests.fuzz``: coverage-guided fuzzing of every parser, with a fixed number of inputs.

An input that causes a fault is kept in ``.state/fuzz/``, and the last lines of its run are printed.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from local.paths import PROJECT, State
from tests.fuzz.targets import SEEDS, TARGETS

MAX_INPUT_BYTES = 4096
MAX_SECONDS_PER_INPUT = 20
MAX_LINES = 25
STATUS_LINE = re.compile(r"#(\d+)\s+\w+\s+cov: (\d+)")


@dataclass
class FuzzResult:
    """The result of fuzzing one target."""

    target: str
    inputs: int = 0
    coverage: int = 0
    failed: bool = False
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=MAX_LINES))


def main() -> int:
    """Run the command; return the exit code, 1 if a target failed."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description="Fuzz every parser with a fixed number of inputs."
    )
    parser.add_argument("--count", type=int, default=20_000, help="inputs per target (default: 20000)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the random generator (default: 1)")
    parser.add_argument("--only", default="", help="only targets whose name contains this text")
    options = parser.parse_args()
    console = Console(soft_wrap=True)
    chosen = [name for name in TARGETS if options.only in name]
    results = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        for name in chosen:
            task = progress.add_task(name, total=options.count)
            result = FuzzResult(name)
            for inputs in _run(result, options.count, options.seed):
                progress.update(task, completed=inputs)
            results.append(result)
    table = Table("target", "inputs", "coverage", "result")
    for result in results:
        outcome = "[red]fault[/]" if result.failed else "no fault"
        table.add_row(result.target, str(result.inputs), str(result.coverage), outcome)
    console.print(table)
    for result in results:
        if result.failed:
            console.print(f"\n{result.target}:\n" + "\n".join(result.last_lines), markup=False, highlight=False)
    return 1 if any(result.failed for result in results) else 0


def _run(result: FuzzResult, count: int, seed: int) -> Iterator[int]:
    kept = State().root / "fuzz"
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as corpus:
        for number, content in enumerate(SEEDS[result.target]):
            (Path(corpus) / str(number)).write_bytes(content)
        command = [sys.executable, "-m", "tests.fuzz.one", result.target, corpus, f"-runs={count}", f"-seed={seed}"]
        command += [f"-max_len={MAX_INPUT_BYTES}", f"-timeout={MAX_SECONDS_PER_INPUT}"]
        command += [f"-artifact_prefix={kept}/{result.target.replace(' ', '-')}-"]
        with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            assert process.stdout is not None
            for raw in process.stdout:
                line = raw.decode(errors="replace").rstrip()
                result.last_lines.append(line)
                if found := STATUS_LINE.search(line):
                    result.inputs, result.coverage = int(found[1]), int(found[2])
                    yield result.inputs
        result.failed = process.returncode != 0
        if not result.failed:
            result.inputs = count


if __name__ == "__main__":
    sys.exit(main())
