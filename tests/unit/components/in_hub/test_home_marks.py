"""Marks on the claim of a home."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from components.in_hub.home_marks import DELETION_BEGUN, DELETION_SECONDS, is_being_deleted, start_marks

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age_seconds", "expected"),
    [
        (0, True),
        (DELETION_SECONDS - 1, True),
        (DELETION_SECONDS, False),
        (-DELETION_SECONDS, False),  # the operator's clock was wrong
    ],
)
def test_mark_of_a_deletion_holds_for_a_limited_time(age_seconds: int, expected: bool) -> None:
    mark = (NOW - timedelta(seconds=age_seconds)).isoformat()
    metadata = SimpleNamespace(annotations={DELETION_BEGUN: mark}, deletion_timestamp=None)

    assert is_being_deleted(metadata, NOW) is expected


def test_claim_that_kubernetes_deletes_is_being_deleted() -> None:
    assert is_being_deleted(SimpleNamespace(annotations=None, deletion_timestamp=NOW), NOW)
    assert not is_being_deleted(SimpleNamespace(annotations=None, deletion_timestamp=None), NOW)


def test_start_lifts_a_deletion() -> None:
    assert start_marks(NOW)[DELETION_BEGUN] is None
