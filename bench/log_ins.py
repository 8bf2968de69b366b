"""Concurrent log-ins to a hub, and its memory, by the number of users that it knows."""

from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from itertools import cycle, islice

from bench.measurements import Amounts, Growth, Measurement
from bench.members import local_members
from bench.pod_memory import pod_mib
from local.paths import State
from tests.support.person import Person

KNOWN_USERS = (1, 10, 50, 100, 200)
CONCURRENT = 10
"""Number of log-ins at the same time."""

LOG_INS = 100
"""Number of log-ins at each size: the 99th percentile needs a hundred."""


def measure_log_ins(state: State, sizes: Sequence[int] = KNOWN_USERS, count: int = LOG_INS) -> list[Measurement]:
    """Measure log-ins by the number of known users, and the memory of hub and proxy before and after them.

    Raises:
        HubFailed: a log-in was refused.
    """
    points: dict[int, tuple[float, ...]] = {}
    memory = {"hub, before": pod_mib(state, "hub"), "proxy, before": pod_mib(state, "proxy")}
    with local_members(state, max(sizes)) as people, ThreadPoolExecutor(CONCURRENT) as pool:
        known = 0
        for size in sizes:
            list(pool.map(Person.time_log_in, people[known:size]))
            known = size
            points[size] = log_in_concurrently(people[:size], count, pool)
        after = f"after the log-ins of {max(sizes)} users"
        memory |= {f"hub, {after}": pod_mib(state, "hub"), f"proxy, {after}": pod_mib(state, "proxy")}
    return [
        Growth(
            "log-ins",
            f"one of {CONCURRENT} concurrent log-ins, N users known to the hub",
            "users",
            points,
            tail=0.99,
        ),
        Amounts("hub-memory", "resident memory of hub and proxy", "MiB", memory),
    ]


def log_in_concurrently(people: Sequence[Person], count: int, pool: Executor) -> tuple[float, ...]:
    """Return the seconds of ``count`` log-ins in batches of ``CONCURRENT``, each in a new browser session.

    If there are fewer people than ``count``, they log in several times.

    Raises:
        HubFailed: a log-in was refused.
    """
    sessions = [person.in_new_session() for person in islice(cycle(people), count)]
    return tuple(seconds for batch in batches(sessions, CONCURRENT) for seconds in pool.map(Person.time_log_in, batch))


def batches(people: Sequence[Person], size: int) -> list[Sequence[Person]]:
    """Split the people into batches of this size; the last may be smaller."""
    return [people[start : start + size] for start in range(0, len(people), size)]
