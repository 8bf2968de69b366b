"""GPUs of users' servers: a server that requests none sees none of its node.

NVIDIA's runtime shows all GPUs of a node to a container that requests none, if ``NVIDIA_VISIBLE_DEVICES`` of its image
says so. In a tenancy with GPUs, all servers therefore have the variable with the value ``void``. A server that requests
GPUs must not have it: a variable of the pod replaces the one with which the device plugin names the server's GPUs.
Sources: as in ``components/in_gateway/worker_gpus.py``.
"""

from collections.abc import Iterable
from typing import Any

VARIABLE, NO_GPUS = "NVIDIA_VISIBLE_DEVICES", "void"


def has_devices(limits: Iterable[str]) -> bool:
    """Return whether some of a container's limits are devices: their names, unlike CPUs and memory, have a domain."""
    return any("/" in name for name in limits)


def show_requested_gpus(pod: Any) -> Any:  # noqa: ANN401 - KubeSpawner has no types
    """Return a server's pod; without the variable that hides GPUs if its container requests some."""
    notebook = pod.spec.containers[0]
    if has_devices(notebook.resources.limits):
        notebook.env = [each for each in notebook.env if (each.name, each.value) != (VARIABLE, NO_GPUS)]
    return pod
