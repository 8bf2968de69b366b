"""What a log-in may do with the hub's user and the homes of its name."""

import pytest

from components.freeipa.names import unique_id
from components.in_hub.user_id import (
    KEY_PREFIX,
    Decision,
    Verdict,
    judge_log_in,
    read_decision,
    read_refusal,
    refusal_text,
)

OLD, NEW, THIRD = (f"{number}d0c8e9e-8a5b-11ef-9c3a-5254005e1f0a" for number in range(3))
SAME, ANOTHER = Decision(NEW, same_person=True), Decision(NEW, same_person=False)


@pytest.mark.parametrize(
    ("hub_id", "homes", "decision", "verdict"),
    [
        # The account that the hub knows, or a name that the hub does not know.
        (NEW, set(), None, Verdict.ADMIT),
        (NEW, {NEW}, None, Verdict.ADMIT),
        (None, set(), None, Verdict.ADMIT),
        (None, {NEW}, None, Verdict.ADMIT),
        # Another account.
        (OLD, set(), None, Verdict.REFUSE),
        (OLD, {NEW}, None, Verdict.REFUSE),
        (None, {OLD}, None, Verdict.REFUSE),
        (None, {OLD, NEW}, None, Verdict.REFUSE),
        # After a decision about this account.
        (OLD, {OLD}, SAME, Verdict.ADMIT),
        (None, {OLD}, SAME, Verdict.ADMIT),
        (OLD, {OLD}, ANOTHER, Verdict.ADMIT_AS_NEW),
        (None, set(), ANOTHER, Verdict.ADMIT_AS_NEW),
        (NEW, {NEW}, ANOTHER, Verdict.ADMIT),
        # After a decision about a third account.
        (OLD, set(), Decision(THIRD, same_person=True), Verdict.REFUSE),
        (None, set(), Decision(THIRD, same_person=False), Verdict.REFUSE),
    ],
)
def test_log_in_is_judged(hub_id: str | None, homes: set[str], decision: Decision | None, verdict: Verdict) -> None:
    assert judge_log_in(NEW, hub_id, homes, decision, is_unreadable=False) is verdict


@pytest.mark.parametrize(
    ("homes", "decision", "verdict"),
    [
        (set(), None, Verdict.ADMIT_AS_NEW),
        ({NEW}, None, Verdict.ADMIT),
        ({OLD}, None, Verdict.REFUSE),
        (set(), SAME, Verdict.ADMIT),
        (set(), ANOTHER, Verdict.ADMIT_AS_NEW),
    ],
)
def test_rights_of_an_unreadable_hub_user_need_a_proof(
    homes: set[str], decision: Decision | None, verdict: Verdict
) -> None:
    assert judge_log_in(NEW, None, homes, decision, is_unreadable=True) is verdict


def test_decision_is_read_as_written() -> None:
    data = {f"{KEY_PREFIX}alice": SAME.as_text(), f"{KEY_PREFIX}bob": ANOTHER.as_text()}

    assert read_decision(data, "alice") == SAME
    assert read_decision(data, "bob") == ANOTHER
    assert read_decision(data, "carol") is None
    assert read_decision(None, "alice") is None


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", '{"id": "x"}', '"id"', "{"])
def test_unreadable_decision_is_none(text: str) -> None:
    assert read_decision({f"{KEY_PREFIX}alice": text}, "alice") is None
    assert read_refusal({f"{KEY_PREFIX}alice": text}, "alice") is None


def test_refusal_is_read_as_written() -> None:
    data = {f"{KEY_PREFIX}alice": refusal_text(NEW, {OLD}, "2026-11-29T00:00:00+00:00")}

    assert read_refusal(data, "alice") == (NEW, (OLD,))


@pytest.mark.parametrize("values", [(), ("autogenerate",), ("",), (OLD, NEW), (f"{OLD} ",), ("../../x",)])
def test_value_that_is_no_single_uuid_is_no_identity(values: tuple[str, ...]) -> None:
    assert unique_id(values) is None


def test_identity_is_in_lower_case() -> None:
    assert unique_id([OLD.upper()]) == OLD
