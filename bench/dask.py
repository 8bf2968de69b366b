"""Dask from a notebook: seconds from asking for a cluster to the first result, by its number of workers."""

import re
from collections.abc import Sequence

from bench.cluster import kubectl
from bench.measure import Growth
from bench.members import scientists
from bench.process import RunFailed
from local.failure import Failure
from local.paths import State

WORKERS = (1, 2, 4, 8, 16)
TIMEOUT_SECONDS = 300
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
        assert sum(client.gather(client.map(lambda x: x * x, range(workers)))) == sum(x * x for x in range(workers))
        print("seconds", time.perf_counter() - started)
    finally:
        cluster.shutdown()
"""


def first_result(state: State, repetitions: int, sizes: Sequence[int] = WORKERS) -> Growth:
    """A cluster of N workers, all of which have worked, as far as the node has room.

    Raises:
        HubFailed: there was no notebook to ask from.
        RunFailed: not even one worker came.
    """
    points: dict[int, tuple[float, ...]] = {}
    notes: list[str] = []
    with scientists(state, 1) as (one,):
        one.log_in_to_notebook()
        for size in sizes:
            try:
                points[size] = tuple(_once(state, f"jupyter-{one.name}", size) for _ in range(repetitions))
            except Failure as failure:
                notes.append(f"{size} workers did not come: {failure.what.splitlines()[-1]}")
                break
        one.stop()
    if not points:
        raise RunFailed(notes[0])
    return Growth(
        "dask", "from asking for a cluster of N workers to their first results", "workers", points, notes=tuple(notes)
    )


def _once(state: State, pod: str, workers: int) -> float:
    words = ["exec", "-i", pod, "--", "python", "-", str(workers), str(TIMEOUT_SECONDS)]
    said = kubectl(state, *words, stdin=CODE, timeout_seconds=TIMEOUT_SECONDS + 60)
    found = re.search(r"seconds ([0-9.]+)", said)
    if not found:
        raise RunFailed(f"the notebook did not say how long {workers} workers took")
    return float(found[1])
