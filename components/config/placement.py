"""The node pools on which each kind of pods runs, and their contradictions in a stack file. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from components.config.cluster import Nodes
from components.config.dask import Dask
from components.config.given import list_items, read_valid
from components.config.pools import PURPOSES, Pool, Purpose, describe_pools, pools_of
from components.config.section import Place

DASK_PURPOSES: tuple[Purpose, ...] = ("daskSchedulers", "daskWorkers")

GPU_PURPOSES: tuple[Purpose, ...] = ("notebooks", "daskWorkers")
"""Kinds of pods that can have GPUs."""

_POOLS = ("nodes", "pools")


def pools_of_notebooks(pools: tuple[Pool, ...], name: str | None = None, *, gpus: bool = False) -> tuple[Pool, ...]:
    """Return the pools on which a notebook server runs.

    Args:
        pools: all pools.
        name: the pool that the server's profile names.
        gpus: whether the server has GPUs.
    """
    if name is None:
        return pools_of(pools, "notebooks", gpus=gpus)
    return tuple(pool for pool in pools if pool.name == name)


def find_misplaced(given: Mapping[str, object]) -> Iterator[tuple[Place, str]]:
    """Yield places and messages for pods that no pool is for, or that could run on a pool that is not for them.

    Args:
        given: the sections of the stack file by attribute before their validation. Pools that are invalid by
            themselves are only compared by name.
    """
    pools = _validated_pools(given.get("nodes"))
    yield from _unknown_pools(given, pools)
    if not pools:
        return
    purposes = [purpose for purpose in PURPOSES if purpose not in DASK_PURPOSES or _has_dask(given.get("dask"))]
    for purpose in purposes:
        if not any(purpose in pool.purposes for pool in pools):
            yield _POOLS, f"has no pool for the purpose {purpose}; add it to the purposes of one"
    named = {name for _, name in _profile_pools(given) if name in [pool.name for pool in pools]}
    reported: set[tuple[str, str]] = set()
    for subject, own, others in _separations(pools, purposes, sorted(named)):
        for pool, like in find_confusable(own, others):
            if (like.name, pool.name) not in reported:
                reported.add((like.name, pool.name))
                yield (*_POOLS, pools.index(pool)), _confusion(subject, pool, like)
    yield from _misplaced_placeholders(pools, purposes)


def _separations(
    pools: tuple[Pool, ...], purposes: Iterable[Purpose], named: Iterable[str]
) -> Iterator[tuple[str, tuple[Pool, ...], tuple[Pool, ...]]]:
    """Yield the pods that a text names, the pools on which they run, and those that they must not use."""
    for purpose in purposes:
        own = pools_of(pools, purpose)
        others = tuple(pool for pool in pools if purpose not in pool.purposes)
        yield f"the purpose {purpose}", own, others
        for_gpus = pools_of(pools, purpose, gpus=True) if purpose in GPU_PURPOSES else ()
        resources = {pool.gpu_resource for pool in for_gpus}
        with_gpus = tuple(pool for pool in others if pool.gpus and pool.gpu_resource in resources)
        yield f"the purpose {purpose} with GPUs", for_gpus, with_gpus
    for name in named:
        own = pools_of_notebooks(pools, name)
        yield f"a profile with pool {name}", own, tuple(pool for pool in pools if pool not in own)


def _misplaced_placeholders(pools: tuple[Pool, ...], purposes: Iterable[Purpose]) -> Iterator[tuple[Place, str]]:
    """Yield placeholders that could run on another pool: they tolerate the taints of all nodes of users' pods."""
    of_users = {purpose for purpose in purposes if purpose != "hub"}
    tolerated = frozenset[tuple[str, str, str]]().union(
        *(pool.barriers for pool in pools if not of_users.isdisjoint(pool.purposes))
    )
    for number, pool in enumerate(pools):
        for other in pools if pool.placeholders else ():
            if other is not pool and pool.labels.items() <= other.labels.items() and other.barriers <= tolerated:
                message = f"needs a label in labels that nodes of pool {other.name} do not have, or placeholders could "
                yield (*_POOLS, number, "placeholders"), f"{message}run there, too"


def find_confusable(own: Sequence[Pool], others: Iterable[Pool]) -> Iterator[tuple[Pool, Pool]]:
    """Yield each pool on whose nodes pods of other pools could run, and one of these that selects them."""
    tolerated = frozenset[tuple[str, str, str]]().union(*(pool.barriers for pool in own))
    for pool in others:
        like = next((each for each in own if each.labels.items() <= pool.labels.items()), None)
        if like is not None and pool.barriers <= tolerated:
            yield pool, like


def describe_match(like: Pool) -> str:
    """Return why pods of a pool could run on the nodes of another one, after a message that names this one."""
    labels = ", ".join(f"{key}={value}" for key, value in like.labels.items())
    reason = f"the labels of pool {like.name}, {labels}," if labels else f"pool {like.name} has no labels, which"
    return f"{reason} match its nodes too"


def describe_separation(pool: Pool, like: Pool) -> str:
    """Return how pods of a pool are kept away from another one."""
    return f"write a label of {like.name} that its nodes do not have, or a taint of {pool.name}"


def _confusion(subject: str, pool: Pool, like: Pool) -> str:
    return (
        f"cannot be told apart from pool {like.name}: {describe_match(like)}, and pods of {subject} tolerate its "
        f"taints, so they could run on pool {pool.name}, which is not for them; {describe_separation(pool, like)}"
    )


def _unknown_pools(given: Mapping[str, object], pools: tuple[Pool, ...]) -> Iterator[tuple[Place, str]]:
    """Yield each profile that names no pool of notebooks."""
    known = _pool_names(given.get("nodes"))
    for place, name in _profile_pools(given):
        if not known:
            yield place, "is the name of a pool, but workers.pools describes none; add the pool there"
        elif name not in known:
            yield place, f"is not the name of a pool in workers.pools; write {' or '.join(known)}"
        elif any(pool.name == name and "notebooks" not in pool.purposes for pool in pools):
            suited = describe_pools(pools_of(pools, "notebooks"))
            yield place, f"is a pool without the purpose notebooks; add it there, or write another ({suited} has it)"


def _profile_pools(given: Mapping[str, object]) -> Iterator[tuple[Place, str]]:
    for number, profile in enumerate(list_items(given.get("notebook"), "profiles")):
        if isinstance(profile, Mapping) and isinstance(name := profile.get("pool"), str) and name.strip():
            yield ("notebook", "profiles", number, "pool"), name.strip()


def _pool_names(nodes: object) -> list[str]:
    return [
        str(pool["name"]).strip() for pool in list_items(nodes, "pools") if isinstance(pool, Mapping) and "name" in pool
    ]


def _validated_pools(nodes: object) -> tuple[Pool, ...]:
    read = read_valid(Nodes, nodes)
    return read.pools if read else ()


def _has_dask(section: object) -> bool:
    dask = read_valid(Dask, {} if section is None else section)
    return dask is None or dask.enabled
