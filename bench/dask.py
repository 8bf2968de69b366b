"""Time from the request of a Dask cluster in a notebook to its first results, by its number of workers.

A cluster of the local tenancy may have few workers, so this module deploys a second tenancy.
"""

import re
import time
from collections.abc import Sequence

from bench.deployment import deploy, temporary_tenancy
from bench.measurements import Growth
from bench.members import members
from bench.process import RunFailed
from local.failure import Failure
from local.paths import State
from tests.support.person import HubFailed
from tests.support.second_tenancy import SecondTenancy

WORKERS = (1, 2, 4, 8, 16)
WORKER_RAM_GB = 0.5
SCHEDULER_ALLOWANCE = 2
"""Cores and gigabytes that a cluster's limits allow for its scheduler."""

TIMEOUT_SECONDS = 180
SHUTDOWN_SECONDS = 60
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


def measure_dask(state: State, repetitions: int, sizes: Sequence[int] = WORKERS) -> Growth:
    """Measure clusters of increasing size, as far as the node has capacity.

    Raises:
        HubFailed: no notebook started.
        RunFailed: the smallest cluster failed, or the second tenancy could not be deployed.
    """
    points: dict[int, tuple[float, ...]] = {}
    notes: list[str] = []
    with temporary_tenancy(state, dask=dask_section(max(sizes))) as tenancy:
        deploy(tenancy)
        tenancy.give_certificate()
        tenancy.wait_for_hub()
        with members(state, tenancy.hub, tenancy.group, 1) as (person,):
            person.time_log_in_to_notebook()
            for size in sizes:
                try:
                    points[size] = tuple(
                        _run_cluster(tenancy, f"jupyter-{person.user}", size) for _ in range(repetitions)
                    )
                except Failure as failure:
                    notes.append(f"{size} workers did not start: {failure.message.splitlines()[-1]}")
                    break
    if not points:
        raise RunFailed(notes[0])
    return Growth(
        "dask", "request of a cluster of N workers to their first results", "workers", points, notes=tuple(notes)
    )


def dask_section(workers: int) -> dict[str, object]:
    """Return the section ``dask`` of a stack file that allows one cluster this number of small workers."""
    ram_gb = workers * WORKER_RAM_GB + SCHEDULER_ALLOWANCE
    return {
        "workerCores": {"max": 1},
        "workerRamGb": {"min": WORKER_RAM_GB, "default": WORKER_RAM_GB, "max": WORKER_RAM_GB},
        "maxWorkers": workers,
        "maxCores": workers + SCHEDULER_ALLOWANCE,
        "maxRamGb": ram_gb,
        "totalRamGb": ram_gb,
    }


def _run_cluster(tenancy: SecondTenancy, pod: str, workers: int) -> float:
    printed = tenancy.kubectl("exec", "-i", pod, "--", "python", "-", str(workers), str(TIMEOUT_SECONDS), stdin=CODE)
    _wait_for_shutdown(tenancy)
    found = re.search(r"seconds ([0-9.]+)", printed)
    if not found:
        raise RunFailed(f"the notebook did not print the seconds of {workers} workers")
    return float(found[1])


def _wait_for_shutdown(tenancy: SecondTenancy) -> None:
    """Wait until no pod of the cluster is left that would slow down the next one."""
    deadline = time.monotonic() + SHUTDOWN_SECONDS
    while tenancy.kubectl("get", "pods", "--selector=gateway.dask.org/cluster", "-o", "name").strip():
        if time.monotonic() > deadline:
            raise HubFailed(f"the Dask cluster still has pods {SHUTDOWN_SECONDS} s after its shutdown")
        time.sleep(0.5)
