"""Messages about a lack of capacity, of the quota of all clusters or of the nodes; a part of the gateway's code.

The notebook shows the text.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

GB = 1024**3
"""Bytes in dask-gateway's unit ``G``."""

_SUFFIXES = {"m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 1024, "Mi": 1024**2, "Gi": GB, "Ti": 1024**4}


def parse_quantity(quantity: str) -> float:
    """Return a Kubernetes quantity as a number: ``1500m`` is 1.5, ``2Mi`` is 2097152.

    Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/

    Raises:
        ValueError: ``quantity`` is not a Kubernetes quantity.
    """
    digits = quantity.rstrip("kmKMGTi")
    suffix = quantity[len(digits) :]
    return float(digits) * (_SUFFIXES[suffix] if suffix else 1)


def find_devices(limits: Mapping[str, str]) -> dict[str, str]:
    """Return the devices among a container's limits: their names, unlike those of CPUs and memory, have a domain."""
    return {name: count for name, count in limits.items() if "/" in name}


def explain_too_large_worker(cores: float, memory: float) -> str:
    """Return the text for a user whose cluster could have no worker of the chosen size.

    Args:
        cores: the most that a cluster may have.
        memory: the most bytes that a cluster may have.
    """
    return (
        f"A worker of this size does not fit in a Dask cluster, which may have at most {cores:g} cores and "
        f"{memory / GB:g} GB of memory with its scheduler; choose fewer worker_cores or less worker_memory."
    )


def explain_lack_of_capacity(
    hard: Mapping[str, str], used: Mapping[str, str], cores: float, memory: float, devices: Mapping[str, str]
) -> str | None:
    """Return why a cluster does not fit the quota; None if it does.

    Args:
        hard: limits of the ResourceQuota's status.
        used: usage of the ResourceQuota's status.
        cores: requested by the scheduler and one worker together.
        memory: bytes requested by the scheduler and one worker together.
        devices: the worker's GPUs, by the name of the resource.
    """
    requests = {
        "requests.cpu": (cores, 1, "cores"),
        "requests.memory": (memory, GB, "GB of memory"),
        **{f"requests.{name}": (float(count), 1, f"GPU{'s' * (count != '1')}") for name, count in devices.items()},
    }
    for resource, (needed, unit, unit_name) in requests.items():
        if resource in hard:
            total = parse_quantity(hard[resource])
            free = max(0.0, total - parse_quantity(used.get(resource, "0")))
            # A rounding error in the sums must not refuse a cluster that fits exactly.
            if needed - free > 1e-6:
                return (
                    f"There is not enough capacity for another Dask cluster: its scheduler and one worker need "
                    f"{needed / unit:.4g} {unit_name}, but only {free / unit:.4g} of the {total / unit:.4g} that all "
                    "users' clusters share are free. Try again later, or choose smaller workers."
                )
    return None


def find_unschedulable(pods: Sequence[Any], now: datetime, seconds: float) -> str | None:
    """Return the cluster's scheduler's message if none of the pods has had a node for this time; None otherwise.

    Args:
        pods: pods of ``kubernetes_asyncio``.
        now: the present time.
        seconds: the time for which the pods must have been unschedulable.
    """
    messages = []
    for pod in pods:
        condition = next((each for each in pod.status.conditions or [] if each.type == "PodScheduled"), None)
        if condition is None or condition.status != "False" or condition.reason != "Unschedulable":
            return None
        if (now - condition.last_transition_time).total_seconds() < seconds:
            return None
        messages.append(" ".join((condition.message or "").split()))
    return messages[0] if messages else None


def explain_unscheduled_scheduler(message: str) -> str:
    """Return the text for a user whose cluster's scheduler has no node."""
    return (
        f"Your Dask cluster cannot start: no node has room for its scheduler ({message}). The cluster was stopped; try "
        "again later, when others have stopped their servers and clusters, or ask your administrator."
    )


def explain_unscheduled_workers(pods: Sequence[Any], message: str) -> str:
    """Return the text for a user none of whose workers has a node.

    Args:
        pods: the workers' pods, of ``kubernetes_asyncio``.
        message: the message of Kubernetes' scheduler.
    """
    subject = "the worker" if len(pods) == 1 else f"any of the {len(pods)} workers"
    have_gpus = bool(find_devices(pods[0].spec.containers[0].resources.limits))
    smaller = ", less worker_memory or fewer worker_gpus" if have_gpus else " or less worker_memory"
    return (
        f"No node has room for {subject} of your Dask cluster ({message}). Workers start as soon as there is room. To "
        f"use smaller ones, shut the cluster down and start one with fewer worker_cores{smaller}."
    )
