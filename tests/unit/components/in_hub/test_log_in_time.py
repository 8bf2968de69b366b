"""Validity of a log-in by its time."""

import pytest

from components.in_hub.log_in_time import is_recent, is_valid

NOW, DAY, YEAR = 2_000_000_000.0, 86_400.0, 31_536_000.0


@pytest.mark.parametrize(
    ("logged_in", "expected"),
    [
        (NOW, True),
        (NOW - DAY + 1, True),
        (NOW - DAY, False),
        (0, False),
        (NOW + 10, True),
        (NOW + 120, False),
        (NOW + YEAR, False),
    ],
)
def test_log_in_is_valid_for_its_time_and_not_before(logged_in: float, expected: bool) -> None:
    assert is_valid(logged_in, NOW, DAY) is expected


@pytest.mark.parametrize(
    ("logged_in", "expected"), [(NOW - 90, False), (NOW - 30, True), (NOW + 1, True), (NOW + YEAR, False), (0, False)]
)
def test_comparison_leaves_only_recent_log_ins_alone(logged_in: float, expected: bool) -> None:
    assert is_recent(logged_in, compared=NOW, now=NOW + 5, seconds=60) is expected
