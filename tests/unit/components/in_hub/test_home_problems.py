"""Problems of homes: reports of servers, and the annotation."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from components.in_hub.home_problems import (
    MAX_PROBLEMS,
    MAX_TEXT,
    PROBLEMS_ANNOTATION,
    HomeProblems,
    ReportLimit,
    read_problems,
    read_report,
)

AT = datetime(2026, 12, 1, 8, tzinfo=UTC)


def report(*texts: object) -> dict[str, Any]:
    return {"problems": [{"kind": "x", "what": text} for text in texts]}


def test_report_has_the_texts_of_the_problems() -> None:
    assert read_report(report("full", "broken")) == ("full", "broken")
    assert read_report(report()) == ()


def test_report_is_limited_and_without_control_characters() -> None:
    texts = read_report(report("\x1b[31mred\nline", *["x" * 10_000] * 50))
    assert texts[0] == " [31mred line"
    assert len(texts) == MAX_PROBLEMS
    assert max(map(len, texts)) == MAX_TEXT


@pytest.mark.parametrize("body", [None, [], {}, {"problems": "x"}, {"problems": ["x"]}, report(1), report(None)])
def test_other_bodies_are_no_report(body: object) -> None:
    with pytest.raises(ValueError, match=r"^a (report|problem) has"):
        read_report(body)


def test_annotation_has_the_problems_and_their_time() -> None:
    problems = HomeProblems(("full",), AT)
    assert read_problems({PROBLEMS_ANNOTATION: problems.as_text()}) == problems


@pytest.mark.parametrize(
    "value", ["", "x", "[]", "{}", '{"at": "x", "problems": ["x"]}', '{"at": "2026-12-01T08:00:00", "problems": ["x"]}']
)
def test_other_annotations_are_none(value: str) -> None:
    assert read_problems({PROBLEMS_ANNOTATION: value}) is None
    assert read_problems({}) is None
    assert read_problems(None) is None


def test_annotation_without_texts_is_none() -> None:
    value = json.dumps({"at": AT.isoformat(), "problems": []})
    assert read_problems({PROBLEMS_ANNOTATION: value}) is None


def test_reports_about_a_home_are_limited() -> None:
    limit = ReportLimit()
    assert [limit.accept("claim-alice", second) for second in range(7)] == [*5 * [True], False, False]
    assert limit.accept("claim-bob", 7)
    assert [limit.accept("claim-alice", second) for second in (59, 60, 61, 62)] == [False, True, True, True]
