"""Requests for GPUs that no node in the stack file has, or that pools have by different names. Pure."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from components.config.cluster import Nodes
from components.config.dask import Dask
from components.config.given import list_items, read_valid
from components.config.notebook import Notebook
from components.config.placement import pools_of_notebooks
from components.config.pools import Pool, describe_pools, pools_of
from components.config.profiles import NotebookProfile
from components.config.section import Place

GPU_VARIABLE = "NVIDIA_VISIBLE_DEVICES"
"""Variable that shows GPUs of its node to a container, whether they are its own or not."""


class GpuRequest(NamedTuple):
    """A number of GPUs that one kind of pods requests."""

    place: Place
    """The place of the number in the stack file."""
    gpus: int
    pools: tuple[Pool, ...]
    """The pools with GPUs on which the pods may run."""
    lack: str
    """The end of a message if there are none."""
    choice: str
    """The end of a message if the GPUs of these pools have different names."""


def find_impossible_requests(given: Mapping[str, object]) -> Iterator[tuple[Place, str]]:
    """Yield places and messages for requests that no node satisfies, and for a variable that shows the GPUs of others.

    Args:
        given: the sections of the stack file by attribute before their validation. Those that are invalid by
            themselves are not compared.
    """
    nodes = read_valid(Nodes, given["nodes"]) if "nodes" in given else None
    if nodes is None and "nodes" in given:
        return
    pools = nodes.kinds if nodes else ()
    requests = list(_requests(given, pools))
    if nodes is not None:
        for request in requests:
            if message := _find_problem(request, nodes):
                yield request.place, message
    if any(pool.gpus for pool in pools) or (nodes is None and requests):
        yield from _variables(given.get("notebook", {}))


def _requests(given: Mapping[str, object], pools: tuple[Pool, ...]) -> Iterator[GpuRequest]:
    for number, each in enumerate(list_items(given.get("notebook"), "profiles")):
        profile = read_valid(NotebookProfile, each)
        if profile is None or (profile.pool and profile.pool not in [pool.name for pool in pools]):
            continue
        own = tuple(pool for pool in pools_of_notebooks(pools, profile.pool, gpus=True) if pool.gpus)
        lack = "no pool with the purpose notebooks has any; set gpus of such a pool"
        if profile.pool:
            lack = f"pool {profile.pool} has none; set its gpus, or write another pool"
        places: list[tuple[Place, int | None]] = [
            (("gpus",), profile.gpus),
            *((("sizes", index, "gpus"), size.gpus) for index, size in enumerate(profile.sizes)),
        ]
        for place, gpus in places:
            if gpus:
                yield GpuRequest(("notebook", "profiles", number, *place), gpus, own, lack, "write pool in the profile")
    dask = read_valid(Dask, given.get("dask", {}))
    if dask is not None and dask.enabled and dask.worker_gpus is not None:
        yield GpuRequest(
            ("dask", "workerGpus", "max"),
            dask.worker_gpus.max,
            pools_of(pools, "daskWorkers", gpus=True),
            "no pool with the purpose daskWorkers has any; set gpus of such a pool",
            "leave daskWorkers out of the purposes of the others",
        )


def _find_problem(request: GpuRequest, nodes: Nodes) -> str | None:
    if not nodes.pools:
        return "is a number of GPUs, but workers describes nodes without any; describe the nodes in workers.pools"
    if not request.pools:
        return f"is a number of GPUs, but {request.lack}"
    names = sorted({pool.gpu_resource for pool in request.pools})
    if len(names) > 1:
        where = f"{describe_pools(request.pools)}, whose gpuResource differ ({', '.join(names)})"
        return f"is a number of GPUs that could be those of {where}; {request.choice}"
    most = max(pool.gpus for pool in request.pools)
    if request.gpus > most:
        return f"is more than a node of {describe_pools(request.pools)} has; write at most {most}"
    return None


def _variables(section: object) -> Iterator[tuple[Place, str]]:
    notebook = read_valid(Notebook, section)
    for place, environment in notebook.environments() if notebook else ():
        for name in environment:
            if name.upper() == GPU_VARIABLE:
                message = "would show the GPUs of a node to servers that did not request them; remove it"
                yield ("notebook", *place, name), message
