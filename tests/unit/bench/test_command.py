"""``make bench`` with some figures: what it takes, what it keeps, and how it ends."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from bench import __main__ as command
from bench import record
from bench.figures import FIGURES, Figure
from bench.measure import Amounts, Finding
from bench.process import RunFailed
from local.paths import State

Bench = Callable[..., Result]


def found(name: str, value: float, at_most: float = 10.0) -> Figure:
    return Figure(lambda _state, _times: [Amounts(name, "", "MiB", {"hub": value}, {"hub": at_most})], 1, 1)


def failing(error: BaseException) -> Figure:
    def measure(_state: State, _times: int) -> Sequence[Finding]:
        raise error

    return Figure(measure, 1, 1)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """The command with these figures, on a project of its own."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "measurements.md").write_text(f"before\n{command.BEGIN}\nold\n{command.END}\nafter\n")
    monkeypatch.setattr(command, "PROJECT", tmp_path)
    monkeypatch.setattr(command, "DOCUMENT", tmp_path / "docs" / "measurements.md")
    monkeypatch.setattr(command, "PLOT", tmp_path / "docs" / "bench.svg")
    monkeypatch.setattr(command, "RECORD", tmp_path / "docs" / "measurements.json")
    monkeypatch.setattr(command, "State", lambda: State(tmp_path))
    # The test's own process keeps its way to end.
    monkeypatch.setattr(command, "signal", SimpleNamespace(signal=lambda *_: None, SIGTERM=0, default_int_handler=0))

    def run(*words: str, **figures: Figure) -> Result:
        monkeypatch.setattr(command, "FIGURES", figures)
        return CliRunner().invoke(command.app, list(words))

    return run


def test_a_run_of_one_figure_keeps_the_rows_of_the_others(bench: Bench, tmp_path: Path) -> None:
    bench(one=found("a", 1.0), two=found("b", 2.0))

    done = bench("two", one=found("a", 7.0), two=found("b", 3.0))

    text = (tmp_path / "docs" / "measurements.md").read_text()
    assert done.exit_code == 0
    assert text.startswith(f"before\n{command.BEGIN}\n\n| figure ")
    assert text.endswith(f"\n{command.END}\nafter\n")
    assert "| hub: 1 MiB |" in text
    assert "| hub: 3 MiB |" in text
    assert "hub: 2 MiB" not in text
    assert "old" not in text


def test_a_figure_that_cannot_be_taken_keeps_its_row_and_fails_the_run(bench: Bench, tmp_path: Path) -> None:
    bench(one=found("a", 1.0), two=found("b", 2.0))

    done = bench(one=failing(RunFailed("helm failed")), two=found("b", 3.0))

    assert done.exit_code == 1
    assert "one: helm failed" in done.output
    assert [each.finding.name for each in record.read(tmp_path / "docs" / "measurements.json")] == ["a", "b"]
    assert "| hub: 3 MiB |" in (tmp_path / "docs" / "measurements.md").read_text()


def test_what_was_taken_before_an_interruption_is_kept(bench: Bench, tmp_path: Path) -> None:
    done = bench(one=found("a", 1.0), two=failing(KeyboardInterrupt()))

    assert done.exit_code == command.INTERRUPTED
    assert [each.finding.name for each in record.read(tmp_path / "docs" / "measurements.json")] == ["a"]


def test_a_missed_limit_fails_the_run_though_not_when_it_was_missed_before(bench: Bench) -> None:
    assert bench(one=found("a", 11.0), two=found("b", 1.0)).exit_code == 1
    assert bench("two", one=found("a", 11.0), two=found("b", 1.0)).exit_code == 0


def test_a_run_that_keeps_nothing_writes_nothing(bench: Bench, tmp_path: Path) -> None:
    done = bench("--no-keep", one=found("a", 1.0))

    assert done.exit_code == 0
    assert "hub: 1 MiB" in done.output
    assert not (tmp_path / "docs" / "measurements.json").exists()
    assert "old" in (tmp_path / "docs" / "measurements.md").read_text()


def test_an_unknown_figure_is_refused_with_those_there_are(bench: Bench) -> None:
    done = bench("tow", "one", one=found("a", 1.0), two=found("b", 2.0))

    assert done.exit_code == 2
    assert "no such figure: tow; there are one, two" in done.output


def test_a_record_that_cannot_be_read_is_told_before_anything_is_measured(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "docs" / "measurements.json").write_text("{")

    done = bench(one=failing(AssertionError("measured")))

    assert done.exit_code == 2
    assert "move it away" in done.output.replace("\n", " ")


def test_all_figures_take_about_half_an_hour_and_a_first_up_has_three_pairs() -> None:
    assert sum(figure.minutes for figure in FIGURES.values()) <= 35
    assert FIGURES["up"].repetitions >= 3


def test_the_page_names_every_figure_and_about_how_long_it_takes() -> None:
    told = re.findall(r"^\| `([a-z-]+)` \| .* \| ([0-9]+) min \|$", command.DOCUMENT.read_text(), re.MULTILINE)

    assert {name: float(minutes) for name, minutes in told} == {
        name: figure.minutes for name, figure in FIGURES.items()
    }
