"""GPUs of Dask workers: which of them a user may choose, and the settings of containers; a part of the gateway's code.

NVIDIA's runtime shows all GPUs of a node to a container that requests none, if ``NVIDIA_VISIBLE_DEVICES`` of its image
says so. With the value ``void`` it shows none. A container that requests GPUs must not have the variable: it would
replace the one of the device plugin. Sources: README of ``NVIDIA/k8s-device-plugin``; "Environment variables" in
https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from components.in_gateway.option_values import GPU_VARIABLE, show

GPU_OPTION = "worker_gpus"

NO_GPUS_VARIABLE = {"name": GPU_VARIABLE, "value": "void"}

RESOURCES_VARIABLE = "DASK_DISTRIBUTED__WORKER__RESOURCES"
"""Variable with the resources of a worker, as a Python dictionary. Dask makes its name, not its value, lower case."""


@dataclass(frozen=True)
class GpuOffer:
    """The GPUs of a worker that one user may choose."""

    resource: str = ""
    """Name of the resource in Kubernetes; empty in a tenancy without GPUs."""
    most: int = 0
    default: int = 0
    most_per_cluster: int | None = None
    placement: Mapping[str, Any] | None = None
    """Affinity and tolerations of workers with GPUs; None if they are those of all workers."""
    refusal: str = ""
    """Message for a user who may choose none, while others may."""

    def limit_workers(self, gpus: int, workers: int | None) -> int | None:
        """Return the maximum number of workers of a cluster, if each has this number of GPUs."""
        if not gpus or self.most_per_cluster is None:
            return workers
        by_gpus = self.most_per_cluster // gpus
        return by_gpus if workers is None else min(workers, by_gpus)

    def scheduler_container(self) -> dict[str, Any]:
        """Return the settings of a scheduler's container, which never has a GPU."""
        return {"env": [NO_GPUS_VARIABLE]} if self.resource else {}

    def worker_container(self, gpus: int, known: Collection[str]) -> dict[str, Any]:
        """Return the settings of a worker's container.

        Args:
            gpus: number of GPUs of the worker.
            known: names of variables that the container has already.
        """
        if not gpus:
            return self.scheduler_container()
        variable = {"name": RESOURCES_VARIABLE, "value": f'{{"GPU": {gpus}}}'}
        return {
            # Kubernetes adds the request, which must be the same.
            "resources": {"limits": {self.resource: str(gpus)}},
            "env": [] if RESOURCES_VARIABLE in known else [variable],
        }

    def place_worker(self, gpus: int, pod: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings of a worker's pod; with GPUs, it runs on their nodes instead of on those of others."""
        if not gpus or self.placement is None:
            return dict(pod)
        return {**{key: pod[key] for key in pod if key not in ("affinity", "tolerations")}, **self.placement}


def offer_gpus(settings: Mapping[str, Any], groups: Collection[str]) -> GpuOffer:
    """Return the offer to a user.

    Args:
        settings: the key ``resource`` and, if workers may have GPUs, ``max``, ``default``, ``maxPerCluster``,
            ``placement`` and ``groups`` (empty for all users); none of them in a tenancy without GPUs.
        groups: the user's groups.
    """
    resource = settings.get("resource", "")
    if not settings.get("max"):
        return GpuOffer(resource)
    permitted = settings["groups"]
    if permitted and set(permitted).isdisjoint(groups):
        members = f"members of {permitted[0]}" if len(permitted) == 1 else f"members of one of {', '.join(permitted)}"
        return GpuOffer(
            resource, refusal=f"{GPU_OPTION} is only for {members}; leave it out, or ask your administrator to add you"
        )
    return GpuOffer(resource, settings["max"], settings["default"], settings["maxPerCluster"], settings["placement"])


def check_gpus(value: object, most: int | None) -> int:
    """Return the number of GPUs of a worker.

    Raises:
        ValueError: ``value`` is not a whole number from 0 to ``most``.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        raise ValueError(f"{GPU_OPTION} is {show(value)}, not a whole number of GPUs; write {GPU_OPTION}=1")
    # dask-gateway checks the bounds of an option first, when they are not set.
    if most is not None and not 0 <= value <= most:
        raise ValueError(f"{GPU_OPTION} is {show(value)}; write a number of GPUs from 0 to {most}")
    return int(value)
