"""Figures are kept from run to run, each as it was taken last, every single value of it."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from bench import record
from bench.measure import Amounts
from bench.record import NotReadable
from tests.unit.bench.findings import ALL, DAY, taken

LATER = DAY + timedelta(days=3)
ORDER = ("one", "two", "three")


def amount(name: str, value: float = 1.0) -> Amounts:
    return Amounts(name, "", "MiB", {"hub": value})


def test_what_is_written_is_read_back_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"

    record.write(file, ALL)

    assert record.read(file) == tuple(ALL)


def test_the_file_says_each_verdict_and_slope_to_those_without_this_program(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"
    record.write(file, ALL)

    said = json.loads(file.read_text())["taken"]

    assert [each["verdict"] for each in said] == ["met", "told", "missed", "told", "met", "missed"]
    assert said[2]["exponent"] == pytest.approx(1.01, abs=0.01)
    assert said[2]["finding"]["points"]["100"] == [10.5]
    assert said[2]["machine"]["loadOfLastMinute"] == 0.1


def test_before_the_first_run_there_is_nothing(tmp_path: Path) -> None:
    assert record.read(tmp_path / "bench.json") == ()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"machine": {}, "figures": []}', '{"format": 2}', '{"format": 2, "taken": [{"figure": "group"}]}'],
)
def test_a_file_that_is_no_such_record_is_refused_with_the_way_out(tmp_path: Path, text: str) -> None:
    file = tmp_path / "bench.json"
    file.write_text(text)

    with pytest.raises(NotReadable, match=r"bench\.json .*move it away"):
        record.read(file)


def test_a_figure_taken_again_replaces_its_own_findings_and_no_others() -> None:
    kept = [taken("one", amount("a")), taken("two", amount("b")), taken("two", amount("gone"))]
    new = [taken("two", amount("b", 2.0), at=LATER, loadOfLastMinute=7.0)]

    now = record.merged(kept, new, ORDER)

    assert [(each.finding.name, each.at, each.machine["loadOfLastMinute"]) for each in now] == [
        ("a", DAY, 0.1),
        ("b", LATER, 7.0),
    ]


def test_figures_stay_in_their_order_whenever_they_were_taken() -> None:
    kept = [taken("three", amount("c")), taken("one", amount("a"))]

    now = record.merged(kept, [taken("two", amount("b"))], ORDER)

    assert [each.finding.name for each in now] == ["a", "b", "c"]


def test_a_figure_that_is_no_longer_one_is_dropped() -> None:
    assert record.merged([taken("starts", amount("a"))], [], ORDER) == ()
