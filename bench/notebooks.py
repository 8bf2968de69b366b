"""Starts of notebooks, log-ins and memory of a hub by the number of running notebooks.

Few notebooks of the local tenancy fit on a small node. This module deploys a second tenancy with notebooks so small
that ``MOST_NOTEBOOKS`` fit; the work of the hub, the proxy and the node for each notebook is the same.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from bench.deployment import deploy, temporary_tenancy
from bench.log_ins import CONCURRENT, batches, log_in_concurrently
from bench.measurements import Amounts, Growth, Measurement
from bench.members import members
from bench.pod_memory import pod_mib
from local.paths import State
from tests.support.node_capacity import free_pods
from tests.support.person import HubFailed, Person
from tests.support.second_tenancy import SecondTenancy

MOST_NOTEBOOKS = 20
BATCH = 5
"""Number of notebooks that are started at the same time."""

CPUS, RAM_GB = 0.07, 0.5
START_TIMEOUT_SECONDS = 300
"""A notebook needs five CPU seconds until its first page, and has a fourteenth of a CPU."""

POLL_SECONDS = 0.5
"""Pause between two requests for a notebook's page; long enough that these requests do not load the hub."""

LOG_INS = 100
"""Number of log-ins at each size: the 99th percentile needs a hundred."""


def measure_notebooks(state: State, most: int = MOST_NOTEBOOKS) -> list[Measurement]:
    """Measure starts, log-ins and memory with 0 to ``most`` running notebooks, as far as the node has capacity.

    Raises:
        HubFailed: a notebook did not start, or the node has capacity for less than two batches.
        RunFailed: the second tenancy could not be deployed.
    """
    with temporary_tenancy(state, notebookCpus=CPUS, notebookRamGb=RAM_GB, dask={"enabled": False}) as tenancy:
        deploy(tenancy)
        capacity = min(most, free_pods(state, CPUS, RAM_GB)) // BATCH * BATCH
        if capacity < 2 * BATCH:
            raise HubFailed(f"the node has capacity for {capacity} of at least {2 * BATCH} notebooks; stop others")
        tenancy.give_certificate()
        tenancy.wait_for_hub()
        with members(state, tenancy.hub, tenancy.group, capacity + CONCURRENT) as people:
            return _measure(tenancy, people[:capacity], people[capacity:])


def _measure(tenancy: SecondTenancy, users: Sequence[Person], others: Sequence[Person]) -> list[Measurement]:
    """Let ``users`` start notebooks in batches, and ``others``, without notebooks, log in after each batch."""
    started: dict[int, tuple[float, ...]] = {}
    logged_in: dict[int, tuple[float, ...]] = {}
    memory = {"idle": _memory(tenancy)}
    with ThreadPoolExecutor(max(BATCH, CONCURRENT)) as pool:
        # The first log-in of a user creates the user in the hub's database.
        log_in_concurrently(others, CONCURRENT, pool)
        logged_in[0] = log_in_concurrently(others, LOG_INS, pool)
        memory["after log-ins"] = _memory(tenancy)
        for batch in batches(users, BATCH):
            seconds = tuple(pool.map(_start, batch))
            running = max(started, default=0) + len(batch)
            started[running] = seconds
            logged_in[running] = log_in_concurrently(others, LOG_INS, pool)
            memory[f"{running} notebooks"] = _memory(tenancy)
    running = max(started)
    notes = [f"notebooks of {CPUS:g} CPUs and {RAM_GB:g} GB, {BATCH} started at a time"]
    if running < MOST_NOTEBOOKS:
        notes.append(f"the node had capacity for {running} of {MOST_NOTEBOOKS}")
    return [
        Growth(
            "starts",
            "log-in click to a running notebook page, a new volume, N notebooks running afterwards",
            "notebooks",
            started,
            notes=tuple(notes),
        ),
        Growth(
            "log-ins-beside-notebooks",
            f"one of {CONCURRENT} concurrent log-ins, N notebooks running",
            "notebooks",
            logged_in,
            tail=0.99,
        ),
        Amounts(
            "memory-beside-notebooks",
            "resident memory of hub and proxy: idle, after log-ins, and with N notebooks",
            "MiB",
            {f"{pod}, {time}": found[pod] for pod in ("hub", "proxy") for time, found in memory.items()},
        ),
    ]


def _start(person: Person) -> float:
    return person.time_log_in_to_notebook(START_TIMEOUT_SECONDS, POLL_SECONDS)


def _memory(tenancy: SecondTenancy) -> dict[str, float]:
    return {pod: pod_mib(tenancy.state, pod, tenancy.name) for pod in ("hub", "proxy")}
