"""Memory of failing servers, with a clock that the tests set."""

import threading
from collections.abc import Iterator

import pytest

from components.freeipa.connection_errors import TimedOut
from components.freeipa.errors import Attempt
from components.freeipa.server_health import ServerHealth
from components.freeipa.settings import ServerAddress

FIRST, SECOND, THIRD = (ServerAddress(f"ipa{number}.example.org", 636) for number in (1, 2, 3))
ALL = (FIRST, SECOND, THIRD)
FAILURE = TimedOut(Attempt("connecting", str(FIRST), "uid=anna"))
PAUSE_SECONDS = 60.0


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reports() -> list[str]:
    return []


@pytest.fixture
def health(clock: Clock, reports: list[str]) -> ServerHealth:
    return ServerHealth(PAUSE_SECONDS, clock, reports.append)


def test_servers_are_tried_in_their_order(health: ServerHealth) -> None:
    assert list(health.candidates(ALL)) == [FIRST, SECOND, THIRD]


def test_failing_server_is_tried_last(health: ServerHealth) -> None:
    health.record_failure(FIRST, FAILURE)
    assert list(health.candidates(ALL)) == [SECOND, THIRD, FIRST]


def test_all_servers_are_tried_if_all_failed(health: ServerHealth) -> None:
    for server in ALL:
        health.record_failure(server, FAILURE)
    assert list(health.candidates(ALL)) == [FIRST, SECOND, THIRD]


def test_server_that_answers_again_has_its_usual_place(health: ServerHealth) -> None:
    health.record_failure(FIRST, FAILURE)
    health.record_answer(FIRST)
    assert list(health.candidates(ALL)) == [FIRST, SECOND, THIRD]


def test_one_caller_tries_a_failing_server_after_each_pause(health: ServerHealth, clock: Clock) -> None:
    health.record_failure(FIRST, FAILURE)
    clock.now += PAUSE_SECONDS - 1
    assert next(health.candidates(ALL)) == SECOND
    for _ in range(3):
        clock.now += PAUSE_SECONDS
        assert [next(health.candidates(ALL)) for _ in range(5)] == [FIRST, SECOND, SECOND, SECOND, SECOND]


def test_failed_trial_begins_another_pause(health: ServerHealth, clock: Clock) -> None:
    health.record_failure(FIRST, FAILURE)
    clock.now += PAUSE_SECONDS
    assert next(health.candidates(ALL)) == FIRST
    clock.now += 10
    health.record_failure(FIRST, FAILURE)
    clock.now += PAUSE_SECONDS - 1
    assert next(health.candidates(ALL)) == SECOND
    clock.now += 1
    assert next(health.candidates(ALL)) == FIRST


def test_server_that_was_not_needed_keeps_its_trial(health: ServerHealth, clock: Clock) -> None:
    health.record_failure(SECOND, FAILURE)
    clock.now += PAUSE_SECONDS
    assert next(health.candidates(ALL)) == FIRST
    untried: Iterator[ServerAddress] = health.candidates(ALL)
    assert [next(untried), next(untried)] == [FIRST, SECOND]


def test_first_failure_and_recovery_are_reported_once(health: ServerHealth, reports: list[str]) -> None:
    for _ in range(3):
        health.record_failure(FIRST, FAILURE)
    for _ in range(3):
        health.record_answer(FIRST)
    assert reports == [
        f"{FIRST} is used only if no other server answers, until it answers again: {FAILURE}",
        f"{FIRST} answers again",
    ]


def test_exactly_one_of_many_threads_tries_a_failing_server(health: ServerHealth, clock: Clock) -> None:
    health.record_failure(FIRST, FAILURE)
    clock.now += PAUSE_SECONDS
    begin = threading.Barrier(16)
    first_choices: list[ServerAddress] = []

    def choose() -> None:
        begin.wait()
        first_choices.append(next(health.candidates(ALL)))

    threads = [threading.Thread(target=choose) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, first_choices)) == [str(FIRST), *[str(SECOND)] * 15]
