"""Checks of many tenancies at the same time. One that does not answer is given up after a time limit."""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from components.cli.diagnose.result import CheckResult, broken
from components.config.tenancy import Tenancy

CONCURRENCY = 16
"""Default number of tenancies that are checked at the same time. A check waits for answers most of the time."""

TIMEOUT_SECONDS = 60.0
"""Default time limit for one tenancy. A healthy one takes a few seconds."""

TIME_LIMIT, UNEXPECTED = "time limit", "checks"
"""Subjects of results about the checks themselves."""


@dataclass(frozen=True)
class Limits:
    """The number of tenancies at a time, and the time for each."""

    concurrency: int = CONCURRENCY
    timeout_seconds: float = TIMEOUT_SECONDS


@dataclass
class Observation:
    """All that is known about one tenancy so far. A thread of its own completes it."""

    stack: str
    tenancy: Tenancy | None = None
    results: list[CheckResult] = field(default_factory=list)


@dataclass(frozen=True)
class _Running:
    observation: Observation
    ends: float
    """Time on the monotonic clock at which the tenancy is given up."""


def observe_all(
    stacks: Sequence[str],
    observe: Callable[[Observation], None],
    limits: Limits,
    *,
    on_start: Callable[[str], None] = lambda _: None,
    on_end: Callable[[Observation], None] = lambda _: None,
) -> list[Observation]:
    """Observe each tenancy in a thread of its own; return the observations in the order of ``stacks``.

    The call ends after at most the time limit for each started group of ``limits.concurrency`` tenancies that do not
    answer. A thread that was given up does not keep the process alive, and its later results are dropped.

    Args:
        stacks: the names of the stacks, each once.
        observe: completes an observation, step by step.
        limits: how many at a time, and how long each.
        on_start: called with a stack's name when its observation begins.
        on_end: called when it has ended or was given up.
    """
    waiting, running = deque(stacks), dict[str, _Running]()
    ended: queue.SimpleQueue[str] = queue.SimpleQueue()
    found: dict[str, Observation] = {}

    def finish(stack: str, observation: Observation) -> None:
        found[stack] = observation
        on_end(observation)

    while waiting or running:
        while waiting and len(running) < limits.concurrency:
            stack = waiting.popleft()
            running[stack] = _Running(Observation(stack), time.monotonic() + limits.timeout_seconds)
            on_start(stack)
            _start(running[stack].observation, observe, ended)
        try:
            stack = ended.get(timeout=max(0.0, min(each.ends for each in running.values()) - time.monotonic()))
        except queue.Empty:
            for stack in [name for name, each in running.items() if each.ends <= time.monotonic()]:
                finish(stack, _given_up(running.pop(stack).observation, limits.timeout_seconds))
        else:
            if stack in running:  # not given up before
                finish(stack, running.pop(stack).observation)
    return [found[stack] for stack in stacks]


def _start(observation: Observation, observe: Callable[[Observation], None], ended: "queue.SimpleQueue[str]") -> None:
    def run() -> None:
        try:
            observe(observation)
        except Exception as error:  # an error in the program, which must not hide the other tenancies
            fix = f"python -m components status {observation.stack}"
            observation.results.append(broken(UNEXPECTED, f"{type(error).__name__}: {error}", fix))
        ended.put(observation.stack)

    threading.Thread(target=run, daemon=True, name=f"status of {observation.stack}").start()


def _given_up(observation: Observation, seconds: float) -> Observation:
    """Return a copy with the results so far, to which the thread cannot add."""
    last = f"; the last answer was about: {observation.results[-1].subject}" if observation.results else ""
    late = broken(
        TIME_LIMIT,
        f"gave no complete answer within {seconds:g} s{last}",
        f"python -m components status {observation.stack} waits longer",
    )
    return Observation(observation.stack, observation.tenancy, [late, *observation.results])
