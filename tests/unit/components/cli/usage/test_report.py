import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.cli.usage.formats import Format, as_csv, print_report
from components.cli.usage.hub_usage import Record, Use
from components.cli.usage.period import Period
from components.cli.usage.report import COLUMNS, NO_GROUP, Report, make_report
from components.in_hub.usage_amounts import AMOUNTS

PERIOD = Period(date(2026, 11, 1), date(2026, 11, 30))
NOW = datetime(2026, 11, 2, tzinfo=UTC)


def use(user: str, *groups: str, user_id: str = "", **amounts: float) -> Use:
    return Use(user, user_id, frozenset(groups), {**dict.fromkeys(AMOUNTS, 0.0), **amounts})


def report(*uses: Use, observed: float = 24.0, begin: date | None = PERIOD.first, problem: str = "") -> Report:
    return make_report("vis", PERIOD, Record(uses, {PERIOD.first: observed}, begin, NOW, problem))


uses = st.builds(
    lambda user, groups, amounts: use(user, *groups, **amounts),
    st.sampled_from(["alice", "bob", "carol"]),
    st.sets(st.sampled_from(["ocean", "land"])),
    st.dictionaries(st.sampled_from(AMOUNTS), st.floats(0, 1e6)),
)


@given(st.lists(uses, max_size=30))
def test_users_add_up_to_the_total(found: list[Use]) -> None:
    made = report(*found)

    for key in COLUMNS:
        assert sum((line.sums[key] for line in made.users), Decimal(0)) == made.total.sums[key]
    # Each use is in a single group here, so that groups add up, too.
    single = report(*(Use(each.user, "", frozenset(sorted(each.groups)[:1]), each.amounts) for each in found))
    for key in COLUMNS:
        assert sum((line.sums[key] for line in single.groups), Decimal(0)) == single.total.sums[key]


def test_totals_include_dask() -> None:
    [line] = report(
        use("alice", server_cpu_hours=1, dask_scheduler_cpu_hours=2, dask_worker_cpu_hours=4, dask_worker_gpu_hours=8)
    ).users

    assert line.sums["cpu_hours"] == 7
    assert line.sums["dask_worker_cpu_hours"] == 4
    assert line.sums["gpu_hours"] == 8


def test_user_counts_in_each_group_of_the_time() -> None:
    made = report(
        use("alice", "ocean", "land", server_cpu_hours=1),
        use("alice", "land", server_cpu_hours=2),
        use("bob", server_cpu_hours=4),
    )

    assert {line.name: line.sums["cpu_hours"] for line in made.groups} == {"land": 3, "ocean": 1, NO_GROUP: 4}
    assert made.total.sums["cpu_hours"] == 7


def test_accounts_with_the_same_name_are_two_lines(capsys: pytest.CaptureFixture[str]) -> None:
    made = report(use("alice", user_id="id-1"), use("alice", user_id="id-2"))

    print_report(made, Format.TABLE)
    assert "alice (id-1)" in capsys.readouterr().out


def test_amounts_without_an_id_belong_to_the_only_account_of_the_name() -> None:
    [line] = report(use("alice", server_cpu_hours=1), use("alice", user_id="id-1", server_cpu_hours=2)).users

    assert line.user_id == "id-1"
    assert line.sums["cpu_hours"] == 3


def test_notes_state_the_observed_part() -> None:
    notes = "\n".join(report(observed=22.0, problem="database or disk is full").notes)

    assert "observed: 22 of the 24 hours of the period until now (91.7%)" in notes
    assert "2026-11-01 (22 of 24 h)" in notes
    assert "at present: database or disk is full" in notes


def test_notes_state_the_begin_of_the_record() -> None:
    assert "the record begins on 2026-11-02" in report(begin=date(2026, 11, 2)).notes
    assert "there is no record yet" in report(begin=None).notes


def test_mean_size_of_homes_is_that_of_the_observed_time() -> None:
    [line] = report(use("alice", home_gb_days=5), observed=12.0).users

    assert line.sums["home_gb"] == 10


def test_csv_has_units_in_its_header_and_one_total() -> None:
    rows = list(csv.DictReader(as_csv(report(use("alice", "ocean", server_cpu_hours=1234.5))).splitlines()))

    assert [row["kind"] for row in rows] == ["user", "group", "total"]
    assert {row["cpu_hours"] for row in rows} == {"1234.50"}
    assert rows[0]["from_utc"] == "2026-11-01"


def test_markdown_has_a_table_of_users_and_one_of_groups(capsys: pytest.CaptureFixture[str]) -> None:
    print_report(report(use("alice", "ocean", server_cpu_hours=1234.5)), Format.MARKDOWN)

    out = capsys.readouterr().out
    assert "| alice | 1,234.50 |" in out
    assert "| total | 1,234.50 |" in out
    assert "| ocean | 1,234.50 |" in out


NAMES = ("=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "x\x1b[31m", "\ud800", "a\nb")
"""Names that a spreadsheet takes for formulas, or that a terminal or an encoding does not take."""


@pytest.mark.parametrize("name", NAMES)
def test_names_in_csv_are_no_formulas_and_printable(name: str) -> None:
    text = as_csv(report(use(name, name, user_id=name)))

    assert text.replace("\n", "").isprintable()
    cells = [cell for row in csv.DictReader(text.splitlines()) for cell in (row["name"], row["id"])]
    assert not [cell for cell in cells if cell.strip().startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a|b", r"a\|b"),
        (r"a\|b", r"a\\\|b"),
        ("<img src=x>", r"\<img src=x\>"),
        ("[x](http://192.0.2.1)", r"\[x\](http://192.0.2.1)"),
        ("*a* `b` &lt;", r"\*a\* \`b\` \&lt;"),
        ("_a_b_", r"\_a_b\_"),
    ],
)
def test_names_in_markdown_have_no_markup(name: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_report(report(use(name)), Format.MARKDOWN)

    assert f"| {shown} |" in capsys.readouterr().out


def test_documentation_shows_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    period = Period(date(2026, 11, 1), date(2026, 11, 30))
    observed = dict.fromkeys(period.days(), 24.0) | {date(2026, 11, 3): 22.0}
    notebook: dict[str, Any] = {"server_hours": 41.5, "server_cpu_hours": 83.0, "server_memory_gb_hours": 166.0}
    dask: dict[str, Any] = {
        "dask_scheduler_hours": 6.25,
        "dask_scheduler_cpu_hours": 6.25,
        "dask_scheduler_memory_gb_hours": 12.5,
        "dask_worker_cpu_hours": 100.0,
        "dask_worker_memory_gb_hours": 400.0,
    }
    found = (
        use("alice", "ocean", "vis_notebook_users", home_gb_days=299.2, **notebook, **dask),
        use("bob", "vis_notebook_users", home_gb_days=299.2, server_gpu_hours=10.0, **notebook),
    )
    record = Record(found, observed, date(2026, 10, 2), datetime(2026, 12, 1, 9, tzinfo=UTC))

    print_report(make_report("vis", period, record), Format.MARKDOWN)

    out = capsys.readouterr().out
    assert out in Path("docs/day-two.md").read_text(encoding="utf-8")
