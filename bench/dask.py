"""Dask from a notebook: seconds from asking for a cluster to the first result, by its number of workers.

The local tenancy lets one cluster have few workers. A second tenancy lets it have as many as are asked for here.
"""

import re
import time
from collections.abc import Sequence

from bench.cluster import kubectl
from bench.measurements import Growth
from bench.members import members
from bench.people import HubFailed
from bench.process import RunFailed
from bench.second_tenancy import STACK, second_tenancy
from local.failure import Failure
from local.paths import State

WORKERS = (1, 2, 4, 8, 16)
WORKER_RAM_GB = 0.5
SCHEDULER_ROOM = 2
"""In cores and gigabytes: a scheduler's, of which a cluster's bounds must leave room."""

TIMEOUT_SECONDS = 180
GONE_SECONDS = 60
CODE = """
import sys, time
from dask_gateway import Gateway
workers, timeout = int(sys.argv[1]), int(sys.argv[2])
with Gateway() as gateway:
    started = time.perf_counter()
    cluster = gateway.new_cluster()
    try:
        cluster.scale(workers)
        client = cluster.get_client()
        client.wait_for_workers(workers, timeout=timeout)
        results = client.map(lambda x: x * x, range(workers))
        assert sum(client.gather(results)) == sum(x * x for x in range(workers))
        print("seconds", time.perf_counter() - started)
    finally:
        cluster.shutdown()
"""


def first_result(state: State, repetitions: int, sizes: Sequence[int] = WORKERS) -> Growth:
    """A cluster of N workers and their first results, as far as the node has room.

    Raises:
        HubFailed: there was no notebook to ask from.
        RunFailed: not even one worker came, or the second tenancy could not be deployed.
    """
    points: dict[int, tuple[float, ...]] = {}
    notes: list[str] = []
    with second_tenancy(state, {"dask": bounds(max(sizes))}) as tenancy:
        tenancy.up()
        with tenancy.hub() as hub, members(state, hub, 1) as (one,):
            one.log_in_to_notebook()
            for size in sizes:
                try:
                    points[size] = tuple(_once(state, f"jupyter-{one.name}", size) for _ in range(repetitions))
                except Failure as failure:
                    notes.append(f"{size} workers did not come: {failure.what.splitlines()[-1]}")
                    break
    if not points:
        raise RunFailed(notes[0])
    return Growth(
        "dask", "from asking for a cluster of N workers to their first results", "workers", points, notes=tuple(notes)
    )


def bounds(workers: int) -> dict[str, object]:
    """The key ``dask`` of a stack file in which one cluster may have so many small workers."""
    ram_gb = workers * WORKER_RAM_GB + SCHEDULER_ROOM
    return {
        "workerCores": {"max": 1},
        "workerRamGb": {"min": WORKER_RAM_GB, "default": WORKER_RAM_GB, "max": WORKER_RAM_GB},
        "maxWorkers": workers,
        "maxCores": workers + SCHEDULER_ROOM,
        "maxRamGb": ram_gb,
        "totalRamGb": ram_gb,
    }


def _once(state: State, pod: str, workers: int) -> float:
    words = ["exec", "-i", pod, "--", "python", "-", str(workers), str(TIMEOUT_SECONDS)]
    said = kubectl(state, *words, namespace=STACK, stdin=CODE, timeout_seconds=TIMEOUT_SECONDS + 60)
    _wait_for_end(state)
    found = re.search(r"seconds ([0-9.]+)", said)
    if not found:
        raise RunFailed(f"the notebook did not say how long {workers} workers took")
    return float(found[1])


def _wait_for_end(state: State) -> None:
    """Until nothing of the cluster is left that the next would be slowed by."""
    deadline = time.monotonic() + GONE_SECONDS
    while kubectl(state, "get", "pods", "--selector=gateway.dask.org/cluster", "-o", "name", namespace=STACK).strip():
        if time.monotonic() > deadline:
            raise HubFailed(f"the Dask cluster is not gone {GONE_SECONDS} s after its shutdown")
        time.sleep(0.5)
