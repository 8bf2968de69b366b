"""Placeholder pods: each has the size of a notebook server and holds room for one.

On a cluster with an autoscaler, the next node is then added before a user waits for it.
"""

import math
from typing import Any

from components.chart.dask_limits import format_cpus
from components.chart.temporary_storage import RESOURCE, format_storage
from components.config.pools import Pool
from components.config.server_sizes import default_size
from components.config.storage_requests import storage_of_notebooks
from components.config.tenancy import Tenancy


def user_placeholder(tenancy: Tenancy) -> dict[str, Any]:
    """Return the value ``scheduling.userPlaceholder``.

    The chart gives these pods the affinity and the tolerations of those that pull images, which run on more pools. The
    selector limits them to their own; a priority other than the chart's leaves that of the hub as it is.
    """
    pool = next((each for each in tenancy.nodes.pools if each.placeholders), None) if tenancy.nodes else None
    if pool is None:
        return {"enabled": False}
    return {
        "enabled": True,
        "replicas": pool.placeholders,
        "resources": _resources(tenancy, pool),
        "extraPodSpec": {
            "priorityClassName": f"{tenancy.release}-placeholder",
            **({"nodeSelector": pool.labels} if pool.labels else {}),
        },
    }


def _resources(tenancy: Tenancy, pool: Pool) -> dict[str, Any]:
    """Return the requests and limits of a notebook server on the pool."""
    size = default_size(tenancy, pool)
    amounts = {"cpu": format_cpus(size.cpus), "memory": str(math.ceil(size.ram_gb * 1024**3))}
    if size.gpus:
        amounts[pool.gpu_resource] = str(size.gpus)
    if request_gb := storage_of_notebooks(tenancy).request_gb:
        amounts[RESOURCE] = format_storage(request_gb)
    return {"requests": amounts, "limits": amounts}
