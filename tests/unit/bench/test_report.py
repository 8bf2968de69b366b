"""A run's findings in words and as a picture."""

import io
from xml.etree import ElementTree

from rich.console import Console

from bench import plot, report
from bench.measure import Amounts
from tests.unit.bench.findings import ALL, FINDINGS, taken

BY_NAME = {finding.name: finding for finding in FINDINGS}


def test_a_row_says_median_extremes_limit_and_whether_it_is_held() -> None:
    preview, group = report.row(BY_NAME["preview"]), report.row(BY_NAME["group"])

    assert (preview.ratio, preview.limit, preview.mark) == ("1.3 (1.2…1.4)×", "1.5×", "✓")
    assert (group.ratio, group.limit, group.mark) == ("2×", "", "")


def test_growth_says_its_power_and_its_limit() -> None:
    row = report.row(BY_NAME["checking"])

    assert (row.ratio, row.limit, row.mark) == ("~ n^1.01", "linear; 100 in 10 s", "✗")
    assert report.row(BY_NAME["starts"]).ratio == ""


def test_each_size_has_a_line_with_its_percentile_where_one_is_told() -> None:
    assert report.row(BY_NAME["log-ins"]).measured.splitlines() == [
        "0: 0.2 s, p99 0.3 s",
        "4: 0.2 s, p99 0.5 s",
        "8: 0.3 s, p99 0.4 s",
    ]
    assert report.row(BY_NAME["checking"]).measured.splitlines() == ["1: 0.1 s", "10: 1 s", "100: 10.5 s"]


def test_each_amount_has_a_line() -> None:
    assert report.row(BY_NAME["memory"]).measured.splitlines() == ["hub: 200 MiB", "proxy: 60.5 MiB"]


def test_the_markdown_table_has_a_line_for_each_finding_with_its_day_and_load() -> None:
    lines = report.markdown(ALL).splitlines()
    rows = [line for line in lines if line.startswith("| ")]

    assert len(rows) == 1 + len(FINDINGS)
    assert "a \\| preview" in rows[1]
    assert "hub: 200 MiB<br>proxy: 60.5 MiB" in rows[-1]
    assert all(row.endswith("| 2026-11-23<br>load 0.1 |") for row in rows[1:])
    assert lines[-1].startswith("Machine: abacus, 2 cores")
    assert "- `preview`: why" in lines


def test_figures_of_two_machines_are_told_apart() -> None:
    elsewhere = taken("starts", BY_NAME["starts"], processor="slide rule", loadOfLastMinute=3.0)

    machines = report.markdown([*ALL[:2], elsewhere]).splitlines()[-2:]

    assert machines[0].startswith("- Machine of `preview`, `group`: abacus, 2 cores")
    assert machines[1].startswith("- Machine of `starts`: slide rule, 2 cores")


def test_a_busier_minute_is_no_other_machine() -> None:
    later = taken("starts", BY_NAME["starts"], loadOfLastMinute=3.0)

    assert "Machine of" not in report.markdown([*ALL[:2], later])


def test_the_terminal_shows_what_looks_like_markup_as_it_is() -> None:
    said = io.StringIO()

    Console(file=said, width=200).print(report.table([Amounts("[red]odd[/]", "", "MiB", {"hub": 1.0})]))

    assert "[red]odd[/]" in said.getvalue()


def test_the_plot_is_one_picture_with_a_bar_a_comparison_and_a_spot_a_point() -> None:
    picture = ElementTree.fromstring(plot.svg(FINDINGS))  # noqa: S314 - made right here
    drawn = [element.tag.rpartition("}")[2] for element in picture.iter()]

    # No notebooks at all have no place on a logarithmic axis.
    assert drawn.count("circle") == 3 + 1 + 2
    # One a growth, and one of the percentiles.
    assert drawn.count("polyline") == 3 + 1
    # The background, two bars, three frames.
    assert drawn.count("rect") == 6


def test_every_growth_in_the_plot_says_its_slope_and_what_it_may_be() -> None:
    picture = ElementTree.fromstring(plot.svg(FINDINGS))  # noqa: S314 - made right here
    words = [element.text for element in picture.iter() if element.tag.endswith("text")]

    assert "seconds over tenancies ~ n^1.01, may be linear" in words
    assert "seconds over notebooks ~ n^0.58, may be linear; dashed: p99" in words


def test_nothing_in_the_plot_lies_outside_it_or_upon_another_panel() -> None:
    many = [finding for finding in FINDINGS for _ in range(4)]
    picture = ElementTree.fromstring(plot.svg(many))  # noqa: S314 - made right here
    _, _, width, height = (float(word) for word in picture.attrib["viewBox"].split())
    frames = {
        tuple(float(element.attrib[key]) for key in ("x", "y", "width", "height"))
        for element in picture.iter()
        if element.tag.endswith("rect") and element.attrib.get("fill") == "none"
    }

    assert len(frames) == 12
    for left, top, wide, high in frames:
        assert left > 0
        assert left + wide < width
        assert top + high < height
        others = frames - {(left, top, wide, high)}
        assert not any(abs(left - x) < wide and abs(top - y) < high for x, y, _, _ in others)
