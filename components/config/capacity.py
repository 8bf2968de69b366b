"""How many notebooks fit the stated worker nodes. Pure arithmetic on what the stack file says; no cluster is asked.

A notebook's limit is its guarantee, so packing is exact: a worker takes as many as its CPUs and its memory allow once
the system's share is off. Dask's workers live in the same room and make way for notebooks: they get what is left.
A *worker* here is a node; Dask's are called so.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from components.config.cluster import Workers
from components.config.dask import SCHEDULER_CORES, SCHEDULER_RAM_GB
from components.config.tenancy import Tenancy

PODS_PER_WORKER = 110
"""Kubelet's default ``maxPods``."""

SYSTEM_PODS_PER_WORKER = 10
"""Network, DNS, storage driver, proxy, monitoring: an allowance."""

EVICTION_RAM_GB = 100 / 1024
"""Kubelet's default hard eviction threshold, ``memory.available<100Mi``."""

HUB_CPUS, HUB_RAM_GB = 0.5, 1.0
"""An allowance for hub, proxy and gateway, which request less: taken off one worker."""

_RESERVED_RAM = ((4, 0.25), (4, 0.20), (8, 0.10), (112, 0.06), (math.inf, 0.02))
_RESERVED_CPUS = ((1, 0.06), (1, 0.01), (2, 0.005), (math.inf, 0.0025))


@dataclass(frozen=True)
class Capacity:
    """What the stated workers hold. ``warnings`` are sentences for the operator."""

    notebooks: int
    notebooks_per_worker: int
    workers: int
    expected_users: int | None
    workers_needed: int | None
    """Workers of the stated size that ``expected_users`` need; None where that is not stated or none would do."""

    dask_workers: int | None
    """Dask workers of the default size, of one cluster, that fit beside the expected users' notebooks, or beside none
    where no users are stated; None where Dask is off."""

    warnings: tuple[str, ...]

    def as_output(self) -> dict[str, int | None]:
        """For the stack's output ``capacity``."""
        return {
            "notebooks": self.notebooks,
            "notebooksPerWorker": self.notebooks_per_worker,
            "workers": self.workers,
            "expectedUsers": self.expected_users,
            "workersNeeded": self.workers_needed,
            "daskWorkers": self.dask_workers,
        }

    def __str__(self) -> str:
        room = f"room for {_counted(self.notebooks, 'notebook')} on {_counted(self.workers, 'worker')}"
        if self.dask_workers is None:
            return room
        beside = min(self.expected_users or 0, self.notebooks)
        others = f"{_counted(beside, 'notebook')} and " if beside else ""
        return f"{room}, or for {others}{_counted(self.dask_workers, 'Dask worker')}"


def capacity(tenancy: Tenancy) -> Capacity | None:
    """How many notebooks fit at once, and how many workers the expected users need; None without ``workers``."""
    workers = tenancy.workers
    if workers is None:
        return None
    cpus, ram_gb = tenancy.notebook_cpus, tenancy.notebook_ram_gb
    each = notebooks_on_a_worker(workers, cpus, ram_gb)
    beside_the_hub = notebooks_on_a_worker(workers, cpus, ram_gb, taken_cpus=HUB_CPUS, taken_ram_gb=HUB_RAM_GB)
    notebooks = beside_the_hub + (workers.count - 1) * each
    needed = None
    if workers.expected_users is not None and each:
        needed = 1 + max(0, math.ceil((workers.expected_users - beside_the_hub) / each))
    return Capacity(
        notebooks=notebooks,
        notebooks_per_worker=each,
        workers=workers.count,
        expected_users=workers.expected_users,
        workers_needed=needed,
        dask_workers=_dask_workers(tenancy, workers, notebooks) if tenancy.dask.enabled else None,
        warnings=(*_warnings(tenancy, workers, notebooks, needed), *_dask_warnings(tenancy, workers)),
    )


def compute_dask_capacity(tenancy: Tenancy) -> tuple[float, float] | None:
    """Cores and gigabytes that all of the stated workers have for pods beside the hub; None without ``workers``."""
    workers = tenancy.workers
    if workers is None:
        return None
    cpus = workers.count * allocatable_cpus(workers.cpus) - HUB_CPUS
    ram_gb = workers.count * allocatable_ram_gb(workers.ram_gb) - HUB_RAM_GB
    return max(0.0, cpus), max(0.0, ram_gb)


def notebooks_on_a_worker(
    workers: Workers, cpus: float, ram_gb: float, *, taken_cpus: float = 0, taken_ram_gb: float = 0
) -> int:
    """How many notebooks of this size one worker holds beside the system's share and what else is taken."""
    by_cpus = _times(allocatable_cpus(workers.cpus) - taken_cpus, cpus)
    by_ram = _times(allocatable_ram_gb(workers.ram_gb) - taken_ram_gb, ram_gb)
    return min(by_cpus, by_ram, PODS_PER_WORKER - SYSTEM_PODS_PER_WORKER)


def allocatable_cpus(cpus: float) -> float:
    """CPUs a worker has left for pods.

    Off go 6 % of the first core, 1 % of the second, 0.5 % of the next two and 0.25 % of the others: what GKE
    reserves (https://cloud.google.com/kubernetes-engine/docs/concepts/plan-node-sizes). Kubernetes itself sets no rule.
    """
    return cpus - _share(cpus, _RESERVED_CPUS)


def allocatable_ram_gb(ram_gb: float) -> float:
    """Gigabytes a worker has left for pods.

    Off go 25 % of the first 4 GB, 20 % of the next 4, 10 % of the next 8, 6 % of the next 112 and 2 % of the rest
    (as above), and the eviction threshold.
    """
    return max(0.0, ram_gb - _share(ram_gb, _RESERVED_RAM) - EVICTION_RAM_GB)


def _share(total: float, steps: tuple[tuple[float, float], ...]) -> float:
    taken = 0.0
    for width, part in steps:
        step = min(total, width)
        taken += step * part
        total -= step
    return taken


def _times(room: float, size: float) -> int:
    # A float's last bit must not cost a notebook that fits exactly.
    return max(0, math.floor(room / size + 1e-9))


def _warnings(tenancy: Tenancy, workers: Workers, notebooks: int, needed: int | None) -> Iterator[str]:
    sizes = [("a notebook", tenancy.notebook_cpus, tenancy.notebook_ram_gb)]
    for profile in tenancy.notebook.profiles:
        if profile.cpus is not None or profile.ram_gb is not None:
            cpus, ram_gb = profile.cpus or tenancy.notebook_cpus, profile.ram_gb or tenancy.notebook_ram_gb
            sizes.append((f"the profile {profile.name!r}", cpus, ram_gb))
    for what, cpus, ram_gb in sizes:
        if not notebooks_on_a_worker(workers, cpus, ram_gb):
            yield (
                f"{what} of {cpus:g} CPUs and {ram_gb:g} GB fits no worker of {workers.cpus:g} CPUs and "
                f"{workers.ram_gb:g} GB: pods have {allocatable_cpus(workers.cpus):.2f} CPUs and "
                f"{allocatable_ram_gb(workers.ram_gb):.1f} GB of it; make it smaller or the workers larger"
            )
    if workers.expected_users is not None and needed is not None and needed > workers.count:
        yield (
            f"{_counted(workers.expected_users, 'expected user')} do not fit: there is room for "
            f"{_counted(notebooks, 'notebook')} on {_counted(workers.count, 'worker')}, and {needed} would be needed"
        )


def _dask_workers(tenancy: Tenancy, workers: Workers, notebooks: int) -> int:
    """What is left on the workers once hub, notebooks and a scheduler have their places, in Dask workers."""
    dask = tenancy.dask
    cores, ram_gb = dask.worker_cores.default, dask.worker_ram_gb.default
    of_a_user = dask.clusters_per_user * min(
        _times(dask.max_cores - SCHEDULER_CORES, cores),
        _times(dask.max_ram_gb - SCHEDULER_RAM_GB, ram_gb),
        dask.max_workers,
    )
    rooms = _rooms(tenancy, workers, min(workers.expected_users or 0, notebooks))
    place = next((room for room, count in rooms if count and room.holds(SCHEDULER_CORES, SCHEDULER_RAM_GB)), None)
    if place is None:
        return 0
    beside_it = place.without(1, SCHEDULER_CORES, SCHEDULER_RAM_GB).holds(cores, ram_gb) - place.holds(cores, ram_gb)
    fit = beside_it + sum(count * room.holds(cores, ram_gb) for room, count in rooms)
    return min(fit, of_a_user * max(1, workers.expected_users or 1))


@dataclass(frozen=True)
class _Room:
    """What a worker still has."""

    cpus: float
    ram_gb: float
    pods: int

    def holds(self, cpus: float, ram_gb: float) -> int:
        return min(_times(self.cpus, cpus), _times(self.ram_gb, ram_gb), self.pods)

    def without(self, count: int, cpus: float, ram_gb: float) -> "_Room":
        return _Room(self.cpus - count * cpus, self.ram_gb - count * ram_gb, self.pods - count)


def _rooms(tenancy: Tenancy, workers: Workers, notebooks: int) -> tuple[tuple[_Room, int], ...]:
    """What hub and notebooks leave, as rooms and how many there are of each.

    Notebooks are spread evenly, as Kubernetes' scheduler does, with no more beside the hub than fit there.
    """
    size = tenancy.notebook_cpus, tenancy.notebook_ram_gb
    whole = _Room(
        allocatable_cpus(workers.cpus), allocatable_ram_gb(workers.ram_gb), PODS_PER_WORKER - SYSTEM_PODS_PER_WORKER
    )
    with_hub = _Room(whole.cpus - HUB_CPUS, whole.ram_gb - HUB_RAM_GB, whole.pods)
    beside_the_hub = min(notebooks // workers.count, with_hub.holds(*size))
    others = workers.count - 1
    each, one_more = divmod(notebooks - beside_the_hub, others) if others else (0, 0)
    return (
        (with_hub.without(beside_the_hub, *size), 1),
        (whole.without(each, *size), others - one_more),
        (whole.without(each + 1, *size), one_more),
    )


def _dask_warnings(tenancy: Tenancy, workers: Workers) -> Iterator[str]:
    room = compute_dask_capacity(tenancy)
    if not tenancy.dask.enabled or room is None:
        return
    dask = tenancy.dask
    cores, ram_gb = dask.worker_cores.max, dask.worker_ram_gb.max
    if not notebooks_on_a_worker(workers, cores, ram_gb):
        yield (
            f"the largest Dask worker of {cores:g} cores and {ram_gb:g} GB fits no worker of {workers.cpus:g} CPUs "
            f"and {workers.ram_gb:g} GB, and would wait for ever; lower dask.workerCores.max or dask.workerRamGb.max"
        )
    most = dask.clusters_per_user * dask.max_cores, dask.clusters_per_user * dask.max_ram_gb
    if most[0] > room[0] or most[1] > room[1]:
        yield (
            f"one user's {_counted(dask.clusters_per_user, 'Dask cluster')} may ask for {most[0]:g} cores and "
            f"{most[1]:g} GB, and the workers have {room[0]:.1f} and {room[1]:.1f} for all users; "
            "lower dask.maxCores, dask.maxRamGb or dask.clustersPerUser"
        )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
