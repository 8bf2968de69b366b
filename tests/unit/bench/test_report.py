"""A run's findings in words, as data, and as a picture."""

import json
from xml.etree import ElementTree

from bench import plot, report
from bench.measure import Amounts, Comparison, Finding, Growth

FINDINGS: list[Finding] = [
    Comparison("preview", "a | preview", "an empty one", 1.5, ((1.2, 1.0), (1.4, 1.0), (1.3, 1.0)), ("why",)),
    Comparison("group", "the group", "ldapadd", None, ((2.0, 1.0),)),
    Growth("checking", "tenancies <checked>", "tenancies", {1: (0.1,), 10: (1.0,), 100: (10.5,)}, (100, 10.0)),
    Growth("starts", "one start", "notebooks", {3: (2.0,)}),
    Amounts("memory", "of a preview", "MiB", {"hub": 200.0}, {"hub": 100.0}),
]
MACHINE = {
    "processor": "abacus",
    "cores": 2,
    "memoryGiB": 23.4,
    "system": "Linux",
    "python": "3.11",
    "loadOfLastMinute": 0.1,
}


def test_a_row_says_median_extremes_limit_and_whether_it_is_held() -> None:
    preview, group, *_ = (report.row(finding) for finding in FINDINGS[:2])

    assert (preview.ratio, preview.limit, preview.mark) == ("1.3 (1.2…1.4)×", "1.5×", "✓")
    assert (group.ratio, group.limit, group.mark) == ("2×", "", "")


def test_growth_says_its_power_and_its_limit() -> None:
    row = report.row(FINDINGS[2])

    assert (row.ratio, row.limit, row.mark) == ("~ n^1.01", "linear; 100 in 10 s", "✗")


def test_the_markdown_table_has_a_line_for_each_figure_and_names_the_machine() -> None:
    lines = report.markdown(FINDINGS, MACHINE).splitlines()

    assert len([line for line in lines if line.startswith("| ")]) == 1 + len(FINDINGS)
    assert "a \\| preview" in lines[2]
    assert lines[-1].startswith("Machine: abacus, 2 cores")
    assert "- `preview`: why" in lines


def test_the_document_holds_every_single_value() -> None:
    said = json.loads(json.dumps(report.document(FINDINGS, MACHINE)))

    assert said["machine"] == MACHINE
    assert said["figures"][0]["pairsSeconds"] == [[1.2, 1.0], [1.4, 1.0], [1.3, 1.0]]
    assert said["figures"][2]["pointsSeconds"]["100"] == [10.5]
    assert [figure["verdict"] for figure in said["figures"]] == ["met", "told", "missed", "told", "missed"]


def test_the_plot_is_one_picture_with_a_bar_a_comparison_and_a_spot_a_point() -> None:
    picture = ElementTree.fromstring(plot.svg(FINDINGS))  # noqa: S314 - made right here
    drawn = [element.tag.rpartition("}")[2] for element in picture.iter()]

    assert drawn.count("circle") == 4
    assert drawn.count("polyline") == 2
    # The background, two bars, two frames.
    assert drawn.count("rect") == 5
