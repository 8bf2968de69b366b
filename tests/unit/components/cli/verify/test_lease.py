from typing import Any

import pytest

from components.chart.verification_access import TOKEN_KEY
from components.cli.diagnose.certificates import NoConnection
from components.cli.verify.failures import CheckFailed
from components.cli.verify.lease import Lease
from tests.unit.components.cli.verify.contexts import BEGUN, OBJECTS, SECRET, answer, scripted


def busy(renewed: float | None = None, *remains: str) -> Any:
    return answer(409, {"renewedSeconds": renewed, "remains": remains})


def test_lease_begins_with_the_users_token_and_the_smallest_server() -> None:
    lease = Lease(scripted(BEGUN, answer(200, {"remains": []}), objects=OBJECTS))

    begun = lease.begin(lambda line: None)

    assert (begun.token, begun.choice, lease.stop()) == ("t", {"profile": "small"}, True)
    assert lease.end(0) == []


def test_leftovers_are_removed_first() -> None:
    lines: list[str] = []
    found = scripted(busy(None, "server", "home claim-x"), busy(None, "home claim-x"), BEGUN, objects=OBJECTS)

    assert Lease(found).begin(lines.append).token == "t"
    assert lines[-1].endswith("home claim-x")


def test_run_waits_for_the_lease_of_one_that_was_killed() -> None:
    assert Lease(scripted(busy(70.0), busy(72.0), busy(74.0), BEGUN, objects=OBJECTS)).begin(print).token == "t"


def test_second_run_is_refused_when_the_first_renews_its_lease() -> None:
    lease = Lease(scripted(busy(9.0), busy(0.5), objects=OBJECTS))

    with pytest.raises(CheckFailed, match="another verification"):
        lease.begin(print)
    assert not lease.stop()


@pytest.mark.parametrize(("status", "message"), [(403, "other secrets"), (404, "older"), (500, "HTTP 500")])
def test_refusal_says_what_to_do(status: int, message: str) -> None:
    lease = Lease(scripted(answer(status), objects=OBJECTS))

    with pytest.raises(CheckFailed, match=message) as failure:
        lease.begin(print)
    assert failure.value.fix
    assert not lease.stop()


def test_secret_without_the_token_names_the_key() -> None:
    with pytest.raises(CheckFailed, match=TOKEN_KEY):
        Lease(scripted(BEGUN, objects={SECRET: {"data": {}}})).begin(print)


def test_removal_returns_what_is_still_there() -> None:
    lease = Lease(scripted(BEGUN, answer(200, {"remains": ["server"]}), objects=OBJECTS))
    lease.begin(print)

    assert lease.end(-1) == ["server"]


def test_removal_needs_an_answer_of_the_hub() -> None:
    lease = Lease(scripted(BEGUN, answer(503), objects=OBJECTS))
    lease.begin(print)

    with pytest.raises(NoConnection):
        lease.end(0)
