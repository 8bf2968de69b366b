"""Many people who log in to a hub at the same time, and what it holds of them."""

from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from itertools import cycle, islice

from bench.cluster import pod_mib
from bench.measurements import Amounts, Growth, Measurement
from bench.members import scientists
from bench.people import Scientist
from local.paths import State

REGISTERED = (1, 10, 50, 100, 200)
AT_ONCE = 10
"""Log-ins under way at a time."""

LOG_INS = 100
"""For each number of users, so that one in a hundred is one."""


def by_users(state: State, sizes: Sequence[int] = REGISTERED, count: int = LOG_INS) -> list[Measurement]:
    """Log-ins by the number of users that the hub knows, and its memory before and after.

    Raises:
        HubFailed: a log-in was refused.
    """
    points: dict[int, tuple[float, ...]] = {}
    memory = {"hub, before": pod_mib(state, "hub"), "proxy, before": pod_mib(state, "proxy")}
    with scientists(state, max(sizes)) as people, ThreadPoolExecutor(AT_ONCE) as pool:
        known = 0
        for size in sizes:
            list(pool.map(Scientist.log_in, people[known:size]))
            known = size
            points[size] = log_ins(people[:size], count, pool)
        after = f"after the log-ins of {max(sizes)} users"
        memory |= {f"hub, {after}": pod_mib(state, "hub"), f"proxy, {after}": pod_mib(state, "proxy")}
    return [
        Growth(
            "log-ins",
            f"one log-in while {AT_ONCE} are under way, N users known to the hub",
            "users",
            points,
            tail=0.99,
        ),
        Amounts("hub-memory", "resident memory of the hub", "MiB", memory),
    ]


def log_ins(people: Sequence[Scientist], count: int, pool: Executor) -> tuple[float, ...]:
    """Seconds of ``count`` log-ins, ``AT_ONCE`` begun together, each from a browser of its own.

    Fewer people than that log in several times.

    Raises:
        HubFailed: one was refused.
    """
    who = [one.elsewhere() for one in islice(cycle(people), count)]
    return tuple(seconds for wave in waves(who, AT_ONCE) for seconds in pool.map(Scientist.log_in, wave))


def waves(people: Sequence[Scientist], size: int) -> list[Sequence[Scientist]]:
    """``size`` at a time; the last may be fewer."""
    return [people[start : start + size] for start in range(0, len(people), size)]
