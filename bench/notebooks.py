"""A hub while ever more notebooks run: how long the next ones take to start, and log-ins beside them.

The local tenancy's notebooks are of a size to work in, of which few fit a small node. A second tenancy's are so small
that ``RUNNING`` fit: what grows with their number is what the hub, the proxy and the node do for each.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from bench.cluster import pod_mib, room_for
from bench.log_ins import AT_ONCE, log_ins, waves
from bench.measurements import Amounts, Growth, Measurement
from bench.members import members
from bench.people import HubFailed, Scientist
from bench.second_tenancy import STACK, second_tenancy
from local.paths import State

RUNNING = 20
"""The most notebooks, if the node has room."""

A_WAVE = 5
"""Started at once."""

CPUS, RAM_GB = 0.07, 0.5
PATIENCE_SECONDS = 300
"""Such a notebook needs five CPU seconds to its first page, of which it gets one in fourteen."""

LOOK_SECONDS = 0.5
"""Seldom enough that the hub does not spend its time on those who ask whether theirs is ready."""

LOG_INS = 100
"""For each number of notebooks, so that one in a hundred is one."""


def growing(state: State, most: int = RUNNING) -> list[Measurement]:
    """Starts, log-ins and memory with 0 to ``most`` notebooks running, as far as the node has room.

    Raises:
        HubFailed: a notebook did not start, or there is room for fewer than two waves.
        RunFailed: the second tenancy could not be deployed.
    """
    settings = {"notebookCpus": CPUS, "notebookRamGb": RAM_GB, "dask": {"enabled": False}}
    with second_tenancy(state, settings) as tenancy:
        tenancy.up()
        room = min(most, room_for(state, CPUS, RAM_GB)) // A_WAVE * A_WAVE
        if room < 2 * A_WAVE:
            raise HubFailed(f"the node has room for {room} more notebooks, and growth needs {2 * A_WAVE}: stop some")
        with tenancy.hub() as hub, members(state, hub, room + AT_ONCE) as people:
            return _grown(state, people[:room], people[room:])


def _grown(state: State, users: Sequence[Scientist], others: Sequence[Scientist]) -> list[Measurement]:
    """``users`` start notebooks wave by wave; ``others`` log in beside them and start none."""
    started: dict[int, tuple[float, ...]] = {}
    logged_in: dict[int, tuple[float, ...]] = {}
    memory = {"idle": _memory(state)}
    with ThreadPoolExecutor(max(A_WAVE, AT_ONCE)) as pool:
        log_ins(others, AT_ONCE, pool)  # the hub gets to know them
        logged_in[0] = log_ins(others, LOG_INS, pool)
        memory["after log-ins"] = _memory(state)
        for wave in waves(users, A_WAVE):
            seconds = tuple(pool.map(_start, wave))
            running = max(started, default=0) + len(wave)
            started[running] = seconds
            logged_in[running] = log_ins(others, LOG_INS, pool)
            memory[f"{running} notebooks"] = _memory(state)
    running = max(started)
    notes = [
        f"notebooks of {CPUS:g} CPUs and {RAM_GB:g} GB, {A_WAVE} started at a time: with so little CPU a start takes "
        "long also where it is alone"
    ]
    if running < RUNNING:
        notes.append(f"beside what ran on it the node had room for {running} of {RUNNING}")
    return [
        Growth(
            "starts",
            "log-in click to a running notebook page, a new volume, N running then",
            "notebooks",
            started,
            notes=tuple(notes),
        ),
        Growth(
            "log-ins-beside-notebooks",
            f"one log-in while {AT_ONCE} are under way, N notebooks running",
            "notebooks",
            logged_in,
            tail=0.99,
        ),
        Amounts(
            "memory-beside-notebooks",
            "resident memory of a hub that idles, after log-ins, and with N notebooks",
            "MiB",
            {
                f"{pod}, {when}": held
                for pod in ("hub", "proxy")
                for when, found in memory.items()
                for held in [found[pod]]
            },
        ),
    ]


def _start(one: Scientist) -> float:
    return one.log_in_to_notebook(PATIENCE_SECONDS, LOOK_SECONDS)


def _memory(state: State) -> dict[str, float]:
    return {pod: pod_mib(state, pod, STACK) for pod in ("hub", "proxy")}
