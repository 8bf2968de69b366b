"""Free capacity of the local node: two cores hold two notebook servers and the pods of one test, no third server."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from components.in_hub.quantity import size_bytes
from local.paths import State
from tests.support.kubectl import kubectl, list_objects
from tests.support.person import Person, local_person

GIB = 1024**3


def log_in_admin(state: State) -> Person:
    """Return the tenancy's admin, logged in."""
    admin = local_person(state, "admin")
    assert admin.log_in() == 200
    return admin


def stop_admin_server(state: State) -> None:
    """Stop the notebook server of the tenancy's admin that an earlier test may have left running."""
    stop_servers(state, ("admin",))


def stop_servers(state: State, users: Sequence[str]) -> None:
    """Stop the running notebook servers of the tenancy's users."""
    admin = log_in_admin(state)
    for user in users:
        if admin.call("GET", f"/hub/api/users/{user}").ok:
            admin.stop_server(user)
    # After a restart of the node, a pod may be running that the hub no longer knows.
    kubectl(state, "delete", "pod", "--ignore-not-found", *(f"jupyter-{user}" for user in users))


def free_pods(state: State, cpus: float, ram_gb: float) -> int:
    """Return how many more pods with these requests fit on the node; a gigabyte is 1024³ bytes, as in JupyterHub."""
    nodes, pods = list_objects(state, "nodes"), list_objects(state, "pods", "--all-namespaces")
    # Sums of tenths are not exact in floating point.
    return max(
        0,
        min(
            int(free_amount(nodes, pods, resource) / amount + 1e-6)
            for resource, amount in (("cpu", cpus), ("memory", ram_gb * GIB))
        ),
    )


def free_amount(nodes: Iterable[Mapping[str, Any]], pods: Iterable[Mapping[str, Any]], resource: str) -> float:
    """Return the amount of a resource that no pending or running pod has requested, in CPUs or bytes. Pure."""
    allocatable = sum(float(size_bytes(node["status"]["allocatable"][resource])) for node in nodes)
    requested = sum(
        float(size_bytes(container.get("resources", {}).get("requests", {}).get(resource, "0")))
        for pod in pods
        if pod["status"].get("phase") in ("Pending", "Running")
        for container in pod["spec"]["containers"]
    )
    return allocatable - requested
