import json
import ssl
from collections.abc import Callable
from datetime import date

import pytest

from components.cli.diagnose.certificates import Endpoint, NoConnection
from components.cli.diagnose.hub_client import HubClient, Page
from components.cli.hub_access import HubAccess
from components.cli.usage.hub_usage import UsageUnavailable, read_record
from components.cli.usage.period import Period
from components.in_hub.usage_amounts import AMOUNTS

PERIOD = Period(date(2026, 11, 1), date(2026, 11, 30))
TOKEN = "a" * 64
ANSWER = {"problem": "", "now": 1_793_102_400.0, "begin": "2026-11-01", "observed": {"2026-11-02": 24.0}, "note": ""}

NO_AMOUNTS = (float("inf"), float("nan"), 1e300, -1.0)


class FakeClient(HubClient):
    """Returns prepared answers, and records the paths."""

    def __init__(self, answer: Callable[[str], Page]) -> None:
        super().__init__(Endpoint("hub.example.org", "192.0.2.1", 443), ssl.create_default_context())
        self.answer = answer
        self.paths: list[str] = []

    def get_with_token(self, path: str, token: str) -> Page:
        assert token == TOKEN
        self.paths.append(path)
        return self.answer(path)


def page(status: int = 200, **content: object) -> Page:
    return Page(status, json.dumps(ANSWER | content), "")


def row(user: str) -> dict[str, object]:
    return {"user": user, "id": "", "groups": ["ocean"], **dict.fromkeys(AMOUNTS, 1.0)}


def test_all_answers_of_a_long_record_are_read() -> None:
    first, second = page(rows=[row("alice")], next=500), page(rows=[row("bob")], next=None)
    client = FakeClient(lambda path: first if path.endswith("after=0") else second)

    record = read_record(HubAccess(client, TOKEN), PERIOD)

    assert [use.user for use in record.uses] == ["alice", "bob"]
    assert record.observed == {date(2026, 11, 2): 24.0}
    assert client.paths == [f"/hub/api/pangeo/usage?from=2026-11-01&to=2026-11-30&after={after}" for after in (0, 500)]


def test_hub_that_records_nothing_states_the_reason() -> None:
    client = FakeClient(lambda path: Page(200, json.dumps({"problem": "nothing is recorded", "now": 0}), ""))

    record = read_record(HubAccess(client, TOKEN), PERIOD)

    assert (record.uses, record.begin, record.problem) == ((), None, "nothing is recorded")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (page(403), "the hub refused the token"),
        (page(404), "the hub is older than this program"),
        (page(503), "the hub does not run, or cannot read its record; python -m components status"),
        (page(500), "HTTP 500"),
        (Page(200, "<html>", ""), "not that of a Pangeo hub"),
        (Page(200, "[]", ""), "not that of a Pangeo hub"),
        (page(rows=[{"user": "alice"}]), "not that of a Pangeo hub"),
        *((page(rows=[row("alice") | {AMOUNTS[0]: value}]), "not that of a Pangeo hub") for value in NO_AMOUNTS),
        *((page(observed={"2026-11-02": value}), "not that of a Pangeo hub") for value in NO_AMOUNTS),
        (page(rows=[], next=0), "not that of a Pangeo hub"),
        (page(now="yesterday"), "not that of a Pangeo hub"),
        (page(observed={"x": 1}), "not that of a Pangeo hub"),
    ],
)
def test_other_answers_are_refused_with_a_reason(answer: Page, reason: str) -> None:
    with pytest.raises(UsageUnavailable, match=reason):
        read_record(HubAccess(FakeClient(lambda path: answer), TOKEN), PERIOD)


def test_hub_that_does_not_answer_is_reported() -> None:
    def fail(path: str) -> Page:
        raise NoConnection(f"https://hub.example.org{path}: no answer within 20 s")

    with pytest.raises(UsageUnavailable, match="no answer within 20 s"):
        read_record(HubAccess(FakeClient(fail), TOKEN), PERIOD)
