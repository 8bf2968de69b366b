from datetime import UTC, date, datetime

import pytest

from components.cli.usage.period import Period, parse_period
from components.config.problems import InvalidTenancy

TODAY = date(2026, 11, 30)


def test_period_is_this_month_by_default() -> None:
    assert parse_period(None, None, TODAY) == Period(date(2026, 11, 1), TODAY)


def test_both_days_are_included() -> None:
    period = parse_period("2026-10-01", "2026-10-31", TODAY)

    assert len(period.days()) == 31
    assert period.hours_until(datetime(2026, 11, 30, tzinfo=UTC)) == 31 * 24
    assert period.hours_until(datetime(2026, 10, 1, 6, tzinfo=UTC)) == 6


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("1.11.2026", "2026-13-01", ["--from", "1.11.2026", "--to", "2026-13-01", "is not a date"]),
        ("20261101", None, ["--from", "20261101", "write for example 2026-11-30"]),
        ("2026-12-01", "2026-12-31", ["--from", "is in the future", "write 2026-11-30 or an earlier day"]),
        ("2027-01-01", "x", ["--from", "is in the future", "--to", "is not a date"]),
        (
            "2026-11-02",
            "2026-11-01",
            ["--to", "is before --from 2026-11-02", "write a later day, or an earlier --from"],
        ),
        # By default, --from is the first of this month.
        (None, "2026-10-31", ["--to", "2026-10-31", "is before --from 2026-11-01", "or an earlier --from"]),
    ],
)
def test_invalid_options_are_named_with_their_value_and_a_fix(
    first: str | None, last: str | None, expected: list[str]
) -> None:
    with pytest.raises(InvalidTenancy) as refused:
        parse_period(first, last, TODAY)

    assert [part for part in expected if part not in str(refused.value)] == []
