"""The node's cluster as a measurement needs it: kubectl, what room there is, what a pod's processes hold, volumes."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from components.in_hub.quantity import size_bytes as quantity
from local.host.commands import output
from local.paths import State
from local.tenancy import web

GIB = 1024**3
PROCESSES = "cat /proc/[0-9]*/status"
ASKERS = ("sh", "cat")
"""Who looks is there too."""


def kubectl(
    state: State,
    *words: str,
    namespace: str = web.NAMESPACE,
    stdin: str | None = None,
    timeout_seconds: float = 120,
) -> str:
    """What kubectl prints.

    Raises:
        Failure: it fails.
    """
    return output(
        [state.bin / "kubectl", "--kubeconfig", state.kubeconfig, "-n", namespace, *words],
        timeout_seconds=timeout_seconds,
        stdin=stdin,
    )


def items(state: State, kind: str) -> list[dict[str, Any]]:
    """Every object of a kind, in all namespaces."""
    found: list[dict[str, Any]] = json.loads(kubectl(state, "get", kind, "--all-namespaces", "-o", "json"))["items"]
    return found


def pod_mib(state: State, deployment: str, namespace: str = web.NAMESPACE) -> float:
    """The resident memory of the processes in a deployment's pod, in MiB."""
    return resident_mib(
        kubectl(state, "exec", f"deploy/{deployment}", "--", "sh", "-c", PROCESSES, namespace=namespace)
    )


def resident_mib(statuses: str) -> float:
    """The sum of ``VmRSS`` in files ``/proc/*/status`` one after the other, without those who asked. Pure."""
    total_kib, name = 0, ""
    for line in statuses.splitlines():
        key, _, value = line.partition(":")
        if key == "Name":
            name = value.strip()
        elif key == "VmRSS" and name not in ASKERS:
            total_kib += int(value.split()[0])
    return round(total_kib / 1024, 1)


def room_for(state: State, cpus: float, ram_gb: float) -> int:
    """How many more pods of that size the node has CPUs and memory for; a GB is 1024³ bytes, as JupyterHub's is."""
    return room(items(state, "nodes"), items(state, "pods"), {"cpu": cpus, "memory": ram_gb * GIB})


def room(nodes: Iterable[Mapping[str, Any]], pods: Iterable[Mapping[str, Any]], each: Mapping[str, float]) -> int:
    """How many more pods fit that request ``each``, by resource. Pure."""
    left = {name: sum(float(quantity(node["status"]["allocatable"][name])) for node in nodes) for name in each}
    for pod in pods:
        if pod["status"].get("phase") in ("Pending", "Running"):
            for container in pod["spec"]["containers"]:
                for name, asked in container.get("resources", {}).get("requests", {}).items():
                    if name in left:
                        left[name] -= float(quantity(asked))
    # Tenths of a CPU are no whole numbers of anything in floating point.
    return max(0, min(int(left[name] / amount + 1e-6) for name, amount in each.items()))


def forget_volumes(state: State, names: Sequence[str]) -> None:
    """Delete the homes of scientists at the local tenancy; their next notebooks get new ones."""
    claims = [f"claim-{name}" for name in names]
    retain_no_more(state, web.NAMESPACE, claims)
    kubectl(state, "delete", "pvc", *claims, "--ignore-not-found", "--wait=true")


def retain_no_more(state: State, namespace: str, claims: Sequence[str]) -> None:
    """Let volumes go with their claims, files and all, which the storage class would retain."""
    change = json.dumps({"spec": {"persistentVolumeReclaimPolicy": "Delete"}})
    for volume, claim in volumes(state, namespace).items():
        if claim in claims:
            kubectl(state, "patch", "pv", volume, "--patch", change)


def volumes(state: State, namespace: str) -> dict[str, str]:
    """Volumes that belong to claims in a namespace, and the claims' names."""
    references = {
        volume["metadata"]["name"]: volume["spec"].get("claimRef", {}) for volume in items(state, "persistentvolumes")
    }
    return {name: claim["name"] for name, claim in references.items() if claim.get("namespace") == namespace}
