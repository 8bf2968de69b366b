"""Resident memory of a pod's processes."""

from local.paths import State
from local.tenancy import web
from tests.support.kubectl import kubectl

READ_PROCESSES = "cat /proc/[0-9]*/status"
READERS = ("sh", "cat")
"""The names of the processes that run ``READ_PROCESSES`` in the pod."""


def pod_mib(state: State, deployment: str, namespace: str = web.NAMESPACE) -> float:
    """Return the resident memory of all processes in a deployment's pod, in MiB."""
    words = ["exec", f"deploy/{deployment}", "--", "sh", "-c", READ_PROCESSES]
    return resident_mib(kubectl(state, *words, namespace=namespace))


def resident_mib(statuses: str) -> float:
    """Return the sum of ``VmRSS`` in concatenated files ``/proc/*/status``, without the reading processes. Pure."""
    total_kib, name = 0, ""
    for line in statuses.splitlines():
        key, _, value = line.partition(":")
        if key == "Name":
            name = value.strip()
        elif key == "VmRSS" and name not in READERS:
            total_kib += int(value.split()[0])
    return round(total_kib / 1024, 1)
