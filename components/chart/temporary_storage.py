"""Limits of temporary storage of users' pods, and of what Dask moves out of memory. Pure."""

import math
from typing import Any

from components.config.storage_requests import TemporaryStorage, storage_of_notebooks, storage_of_workers
from components.config.tenancy import Tenancy

RESOURCE = "ephemeral-storage"
"""Name of the resource in Kubernetes."""

SPILL_SHARE = 0.8
"""Share of a worker's temporary storage for data that Dask moves out of memory.

The rest is for logs, packages of plug-ins, files of users' own code, and for what the kubelet measures later: it looks
only every ten seconds, and evicts a worker above its limit with all its data.
"""

MAX_SPILL_VARIABLE = "DASK_DISTRIBUTED__WORKER__MEMORY__MAX_SPILL"
"""Variable of Dask's setting ``distributed.worker.memory.max-spill``.

A worker that has moved so much keeps further data in memory and logs a warning. With 80 % of its memory in use it then
pauses instead of being evicted. Source: ``distributed/spill.py`` and ``distributed.yaml``, distributed 2026.3.0.
"""


def server_storage(tenancy: Tenancy) -> dict[str, Any]:
    """Return the value ``singleuser.extraResource``. The GPUs of profiles are merged with it by KubeSpawner."""
    storage = storage_of_notebooks(tenancy)
    return {
        "limits": {RESOURCE: format_storage(storage.limit_gb)},
        "guarantees": {RESOURCE: format_storage(storage.request_gb)},
    }


def dask_storage(storage: TemporaryStorage) -> dict[str, dict[str, str]]:
    """Return the resources of a scheduler's or worker's container, which dask-gateway merges with CPUs and memory."""
    return {
        "requests": {RESOURCE: format_storage(storage.request_gb)},
        "limits": {RESOURCE: format_storage(storage.limit_gb)},
    }


def spill_variables(tenancy: Tenancy) -> dict[str, str]:
    """Return the variables of schedulers and workers that keep a worker's spilled data below its limit.

    Dask writes it to its worker's ``/tmp``, which is temporary storage.
    """
    return {MAX_SPILL_VARIABLE: f"{math.floor(storage_of_workers(tenancy).limit_gb * SPILL_SHARE * 1024)}MiB"}


def format_storage(storage_gb: float) -> str:
    """Return a size as a Kubernetes quantity; nothing is reserved with ``0``."""
    if not storage_gb:
        # An explicit request: without one, Kubernetes takes the limit as the request.
        return "0"
    return f"{math.ceil(storage_gb)}Gi" if storage_gb == int(storage_gb) else f"{math.ceil(storage_gb * 1024)}Mi"
