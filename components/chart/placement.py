"""The nodes on which pods run: node affinity and tolerations of the pools in ``workers.pools``.

Without pools, no value is set, and the charts' own preferences apply. With pools, the charts' preferences and
tolerations (``hub.jupyter.org/…``) are off, so that pods run exactly where the stack file says.
"""

from collections.abc import Iterable
from typing import Any

from components.config.placement import DASK_PURPOSES, pools_of_notebooks
from components.config.pools import Pool, Purpose, pools_of
from components.config.tenancy import Tenancy

Values = dict[str, Any]


def scheduling(tenancy: Tenancy) -> Values:
    """Return the values below ``scheduling`` that turn the chart's own choice of nodes off; empty without pools."""
    own: Values = {"tolerations": [], "nodeAffinity": {"matchNodePurpose": "ignore"}}
    return {"corePods": own, "userPods": own} if _pools(tenancy) else {}


def service_pod(tenancy: Tenancy) -> Values:
    """Return affinity and tolerations of the pods that no user starts; empty without pools."""
    return pod_placement(pools_of(_pools(tenancy), "hub"))


def hub_pod(tenancy: Tenancy, priority_class: str) -> Values:
    """Return priority and placement as values of the hub or its proxy. The chart has no other for their affinity."""
    place = service_pod(tenancy)
    spec = {"priorityClassName": priority_class, **{key: place[key] for key in place if key == "affinity"}}
    return {"extraPodSpec": spec, **{key: place[key] for key in place if key == "tolerations"}}


def dask_pod(tenancy: Tenancy, purpose: Purpose, *, gpus: bool = False) -> Values:
    """Return affinity and tolerations of Dask's schedulers or workers, with or without GPUs; empty without pools."""
    return pod_placement(pools_of(_pools(tenancy), purpose, gpus=gpus))


def prepared_nodes(tenancy: Tenancy) -> Values:
    """Return the values below ``singleuser`` that place the pods which pull images in advance; empty without pools.

    The chart has no others for them. They are on all pools that use the image, so also on those of Dask; notebooks
    themselves have narrower settings (``notebook_traits``).
    """
    users = _pools_with_the_image(tenancy)
    if not users:
        return {}
    return {"extraNodeAffinity": {"required": node_terms(users)}, "extraTolerations": tolerations(users)}


def trial_placement(tenancy: Tenancy) -> Values:
    """Return affinity and tolerations of a pod that tries an image of notebooks and Dask; empty without pools."""
    return pod_placement(_pools_with_the_image(tenancy))


def backup_placement(tenancy: Tenancy) -> Values:
    """Return affinity and tolerations of the pods that read homes of stopped servers; empty without pools.

    A home may be on a disk that only the nodes of some pool can use, so all pools of notebooks are possible.
    """
    return pod_placement(tuple(pool for pool in _pools(tenancy) if "notebooks" in pool.purposes))


def notebook_traits(tenancy: Tenancy, pool: str | None = None, *, gpus: bool = False) -> Values:
    """Return the settings of KubeSpawner that place a notebook server; empty without pools.

    Args:
        tenancy: the tenancy.
        pool: the pool that the server's profile names.
        gpus: whether the server has GPUs.
    """
    pools = pools_of_notebooks(_pools(tenancy), pool, gpus=gpus)
    return {"node_affinity_required": node_terms(pools), "tolerations": tolerations(pools)} if pools else {}


def pod_placement(pools: tuple[Pool, ...]) -> Values:
    """Return the fields ``affinity`` and ``tolerations`` of a pod, as far as pools need them."""
    terms, tolerated = node_terms(pools), tolerations(pools)
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    return {
        **({"affinity": {"nodeAffinity": required}} if terms else {}),
        **({"tolerations": tolerated} if tolerated else {}),
    }


def node_terms(pools: tuple[Pool, ...]) -> list[Values]:
    """Return the terms of a required node affinity, one for each pool; none if a pool has no labels.

    Kubernetes has no term that matches all nodes.
    """
    if not all(pool.labels for pool in pools):
        return []
    terms = [
        {
            "matchExpressions": [
                {"key": key, "operator": "In", "values": [value]} for key, value in sorted(pool.labels.items())
            ]
        }
        for pool in pools
    ]
    return _unique(terms)


def tolerations(pools: tuple[Pool, ...]) -> list[Values]:
    """Return the tolerations of all taints of the pools."""
    return _unique(
        {"key": taint.key, "operator": "Equal", "value": taint.value, "effect": taint.effect}
        for pool in pools
        for taint in pool.taints
    )


def _unique(entries: Iterable[Values]) -> list[Values]:
    found: list[Values] = []
    for entry in entries:
        if entry not in found:
            found.append(entry)
    return found


def _pools_with_the_image(tenancy: Tenancy) -> tuple[Pool, ...]:
    """Return the pools of notebooks and of Dask."""
    purposes: tuple[Purpose, ...] = ("notebooks", *(DASK_PURPOSES if tenancy.dask.enabled else ()))
    return tuple(pool for pool in _pools(tenancy) if set(purposes) & set(pool.purposes))


def _pools(tenancy: Tenancy) -> tuple[Pool, ...]:
    return tenancy.nodes.pools if tenancy.nodes else ()
