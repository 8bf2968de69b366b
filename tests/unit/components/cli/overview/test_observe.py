import threading
import time
from collections.abc import Iterator

import pytest

from components.cli.diagnose.result import good
from components.cli.overview.observe import Limits, Observation, observe_all

LIMITS = Limits(concurrency=16, timeout_seconds=3)


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """An answer that does not come before the end of the test."""
    event = threading.Event()
    yield event
    event.set()


def subjects(observation: Observation) -> list[str]:
    return [each.subject for each in observation.results]


def test_ten_of_fifty_that_hang_are_given_up_and_all_others_checked(never: threading.Event) -> None:
    stacks = [f"stack-{number:02}" for number in range(50)]
    hanging = stacks[::5]

    def observe(observation: Observation) -> None:
        observation.results.append(good("cluster", "answers"))
        if observation.stack in hanging:
            never.wait()
        observation.results.append(good("hub", "answers"))

    began, ended = time.monotonic(), list[str]()
    found = observe_all(stacks, observe, LIMITS, on_end=lambda observation: ended.append(observation.stack))

    # They fit into one group, so that the bound is once the time limit, and some time for the others.
    assert time.monotonic() - began < LIMITS.timeout_seconds + 10
    assert [each.stack for each in found] == stacks
    assert sorted(ended[-10:]) == hanging, "the others did not wait for them"
    assert {tuple(subjects(each)) for each in found if each.stack in hanging} == {("time limit", "cluster")}
    assert {tuple(subjects(each)) for each in found if each.stack not in hanging} == {("cluster", "hub")}
    assert "within 3 s; the last answer was about: cluster" in found[0].results[0].message


def test_no_more_than_the_given_number_is_checked_at_the_same_time() -> None:
    running, most, lock = set[str](), list[int](), threading.Lock()

    def observe(observation: Observation) -> None:
        with lock:
            running.add(observation.stack)
            most.append(len(running))
        time.sleep(0.01)
        with lock:
            running.remove(observation.stack)

    observe_all([str(number) for number in range(20)], observe, Limits(3, 60))

    assert max(most) <= 3


def test_results_after_the_time_limit_are_dropped(never: threading.Event) -> None:
    late = threading.Event()

    def observe(observation: Observation) -> None:
        never.wait()
        observation.results.append(good("hub", "answers"))
        late.set()

    [found] = observe_all(["vis"], observe, Limits(1, 0.1))
    never.set()

    assert late.wait(60)
    assert subjects(found) == ["time limit"]


def test_error_in_the_program_is_reported_beside_the_other_tenancies() -> None:
    def observe(observation: Observation) -> None:
        if observation.stack == "bad":
            raise LookupError("x")
        observation.results.append(good("hub", "answers"))

    found = observe_all(["bad", "good"], observe, LIMITS)

    assert found[0].results[0].message == "LookupError: x"
    assert subjects(found[1]) == ["hub"]
