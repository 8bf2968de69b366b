"""How many notebooks fit the stated worker nodes. Pure arithmetic on what the stack file says; no cluster is asked.

A notebook's limit is its guarantee, so packing is exact: a worker takes as many as its CPUs and its memory allow once
the system's share is off. Dask workers live in the same room: what they take, notebooks do not get.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from components.tenancy import Tenancy, Workers

PODS_PER_WORKER = 110
"""Kubelet's default ``maxPods``."""

SYSTEM_PODS_PER_WORKER = 10
"""Network, DNS, storage driver, proxy, monitoring: an allowance."""

EVICTION_RAM_GB = 100 / 1024
"""Kubelet's default hard eviction threshold, ``memory.available<100Mi``."""

HUB_CPUS, HUB_RAM_GB = 0.5, 1.0
"""An allowance for hub, proxy and gateway, which request nothing by default: taken off one worker."""

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

    warnings: tuple[str, ...]

    def as_output(self) -> dict[str, int | None]:
        """For the stack's output ``capacity``."""
        return {
            "notebooks": self.notebooks,
            "notebooksPerWorker": self.notebooks_per_worker,
            "workers": self.workers,
            "expectedUsers": self.expected_users,
            "workersNeeded": self.workers_needed,
        }

    def __str__(self) -> str:
        return f"room for {_counted(self.notebooks, 'notebook')} on {_counted(self.workers, 'worker')}"


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
        warnings=tuple(_warnings(tenancy, workers, notebooks, needed)),
    )


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


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
