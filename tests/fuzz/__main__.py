"""``python -m tests.fuzz [--count N] [--seed S] [--only WORDS]``: each parser N times by coverage-guided fuzzing.

An input that brings one down is kept in ``.state/fuzz/`` and its end shown; the exit code is then 1.
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

LONGEST_INPUT_BYTES = 4096
LONGEST_SECONDS_EACH = 20
LAST_LINES = 25
PULSE = re.compile(r"#(\d+)\s+\w+\s+cov: (\d+)")


@dataclass
class Fuzzed:
    """What came of one target."""

    target: str
    inputs: int = 0
    covered: int = 0
    found: bool = False
    last: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))


def main() -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz every parser a fixed count.")
    parser.add_argument("--count", type=int, default=20_000, help="inputs for each target (20000)")
    parser.add_argument("--seed", type=int, default=1, help="where the inputs are drawn from (1)")
    parser.add_argument("--only", default="", help="only targets with these words in their name")
    options = parser.parse_args()
    console = Console(soft_wrap=True)
    chosen = [name for name in TARGETS if options.only in name]
    fuzzed = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        for name in chosen:
            task = progress.add_task(name, total=options.count)
            one = Fuzzed(name)
            for inputs in _run(one, options.count, options.seed):
                progress.update(task, completed=inputs)
            fuzzed.append(one)
    table = Table("target", "inputs", "places reached", "outcome")
    for one in fuzzed:
        table.add_row(one.target, str(one.inputs), str(one.covered), "[red]fault[/]" if one.found else "no fault")
    console.print(table)
    for one in fuzzed:
        if one.found:
            console.print(f"\n{one.target}:\n" + "\n".join(one.last), markup=False, highlight=False)
    return 1 if any(one.found for one in fuzzed) else 0


def _run(one: Fuzzed, count: int, seed: int) -> Iterator[int]:
    kept = State().root / "fuzz"
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as corpus:
        for number, content in enumerate(SEEDS[one.target]):
            (Path(corpus) / str(number)).write_bytes(content)
        words = [sys.executable, "-m", "tests.fuzz.one", one.target, corpus, f"-runs={count}", f"-seed={seed}"]
        words += [f"-max_len={LONGEST_INPUT_BYTES}", f"-timeout={LONGEST_SECONDS_EACH}"]
        words += [f"-artifact_prefix={kept}/{one.target.replace(' ', '-')}-"]
        with subprocess.Popen(words, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            assert process.stdout is not None
            for raw in process.stdout:
                line = raw.decode(errors="replace").rstrip()
                one.last.append(line)
                if found := PULSE.search(line):
                    one.inputs, one.covered = int(found[1]), int(found[2])
                    yield one.inputs
        one.found = process.returncode != 0
        if not one.found:
            one.inputs = count


if __name__ == "__main__":
    sys.exit(main())
