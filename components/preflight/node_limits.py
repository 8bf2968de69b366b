"""Comparison of temporary storage and volumes in the stack file with the cluster's nodes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from components.capacity.limit_warnings import count_folder_volumes
from components.capacity.node import empty_node
from components.capacity.pools import pod_size
from components.cluster.client import Api
from components.cluster.errors import CannotAsk
from components.cluster.pages import NODES, read_pages
from components.config.pools import Pool
from components.config.problems import format_key
from components.config.server_sizes import default_size
from components.config.storage_requests import storage_of_notebooks, storage_of_workers
from components.config.tenancy import Tenancy
from components.config.types import format_count
from components.escape import escape_control_characters
from components.preflight.nodes import Difference, Node, amount_of, nodes_of_pool

CSI_NODES = "/apis/storage.k8s.io/v1/csinodes?limit=200"
STORAGE_CLASSES = "/apis/storage.k8s.io/v1/storageclasses"

RESOURCE = "ephemeral-storage"

SMALLEST_SHARE_OF_DISK = 0.9
"""Share of a pool's disk that its nodes must have: a file system keeps a part of the disk for itself."""

_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_GB = 1024**3

_EVERY_NODE = Pool.model_construct(name="", count=1, cpus=1, ram_gb=1)
"""Stands for the nodes of a stack file that describes none."""


def node_limit_warnings(api: Api, tenancy: Tenancy) -> list[str]:
    """Return warnings about limits that the cluster's nodes do not have; none if the account may not read them."""
    try:
        return [str(each) for each in read_limit_differences(api, tenancy)]
    except CannotAsk:
        return []


def read_limit_differences(api: Api, tenancy: Tenancy) -> list[Difference]:
    """Read the nodes and their drivers, and return each difference.

    Raises:
        CannotAsk: the account may not read nodes, their drivers or storage classes.
    """
    nodes = list(read_pages(api, NODES))
    driver = find_driver(tenancy, list(api.get(STORAGE_CLASSES).get("items") or ()))
    csi_nodes = list(read_pages(api, CSI_NODES)) if driver else []
    return list(compare_limits(tenancy, nodes, count_volumes(csi_nodes, driver), driver))


def find_driver(tenancy: Tenancy, classes: Sequence[Mapping[str, Any]]) -> str:
    """Return the driver of the home volumes; empty if it is not known."""
    create = tenancy.storage.create
    if create is not None:
        return create.provisioner
    return str((find_class(tenancy, classes) or {}).get("provisioner") or "")


def find_class(tenancy: Tenancy, classes: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the existing storage class of the home volumes; None if there is none."""
    name = tenancy.storage_class_name
    for each in classes:
        metadata = each.get("metadata") or {}
        is_default = (metadata.get("annotations") or {}).get(_DEFAULT_CLASS) == "true"
        if metadata.get("name") == name or (name is None and is_default):
            return each
    return None


def count_volumes(csi_nodes: Sequence[Mapping[str, Any]], driver: str) -> dict[str, int]:
    """Return the number of a driver's volumes that each node can attach, by the node's name, where it is known."""
    counts: dict[str, int] = {}
    for each in csi_nodes:
        for found in (each.get("spec") or {}).get("drivers") or ():
            count = (found.get("allocatable") or {}).get("count")
            if found.get("name") == driver and isinstance(count, int):
                counts[str((each.get("metadata") or {}).get("name"))] = count
    return counts


def compare_limits(
    tenancy: Tenancy, nodes: Sequence[Node], volumes: Mapping[str, int], driver: str
) -> Iterator[Difference]:
    """Yield each difference between the stack file and the nodes.

    Args:
        tenancy: the tenancy.
        nodes: the cluster's nodes.
        volumes: the number of volumes that nodes can attach, by their name.
        driver: the driver of these volumes.
    """
    described = tenancy.nodes
    kinds = described.kinds if described else (_EVERY_NODE,)
    own = {pool.name: nodes_of_pool(pool, kinds, nodes) for pool in kinds}
    yield from _missing_storage(tenancy, [node for found in own.values() for node in found])
    for number, pool in enumerate(kinds if described else ()):
        place = ("workers", "pools", number) if pool.name else ("workers",)
        prefix = f"{format_key(place)}{f' {pool.name}' if pool.name else ''}"
        for message, fix in _differences(tenancy, pool, own[pool.name], volumes, driver):
            yield Difference(f"{prefix}: {message}", fix)


def _missing_storage(tenancy: Tenancy, nodes: Sequence[Node]) -> Iterator[Difference]:
    without = [node for node in nodes if not amount_of(node, "allocatable", RESOURCE)]
    if not without:
        return
    reserved = storage_of_notebooks(tenancy).request_gb or storage_of_workers(tenancy).request_gb
    effect = "pods with a request of it do not start" if reserved else "limits of it have no effect"
    yield Difference(
        f"{len(without)} of {len(nodes)} nodes report no temporary storage, so {effect} there",
        "set localStorageCapacityIsolation to true in the configuration of their kubelets",
    )


def _differences(
    tenancy: Tenancy, pool: Pool, nodes: Sequence[Node], volumes: Mapping[str, int], driver: str
) -> Iterator[Difference]:
    disks = [float(amount_of(node, "capacity", RESOURCE)) / _GB for node in nodes]
    known = [each for each in disks if each]
    if pool.disk_gb is not None and known and min(known) < pool.disk_gb * SMALLEST_SHARE_OF_DISK:
        yield Difference(f"nodes have a disk of only {min(known):.4g} GB, not {pool.disk_gb:.4g}", "correct diskGb")
    counts = [volumes[name] for node in nodes if (name := str(node["metadata"].get("name"))) in volumes]
    if not counts:
        return
    least = min(counts)
    attached = f"{format_count(least, 'volume')} of the driver {escape_control_characters(driver)}"
    if pool.max_volumes is not None and pool.max_volumes > least:
        yield Difference(f"nodes attach only {attached}, not {pool.max_volumes}", "correct maxVolumes")
    elif pool.max_volumes is None and "notebooks" in pool.purposes:
        room = empty_node(pool).count_fitting(pod_size(default_size(tenancy, pool)))
        if room > least - count_folder_volumes(tenancy):
            yield Difference(
                f"nodes have room for {room} notebooks, but attach only {attached}",
                f"set maxVolumes to {least}, so that capacity counts them",
            )
