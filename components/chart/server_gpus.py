"""GPUs of users' servers, as KubeSpawner requests them. Pure."""

from typing import Any

from components.config.gpus import resource_of_notebooks
from components.config.tenancy import Tenancy


def gpu_limits(tenancy: Tenancy, gpus: int, pool: str | None) -> dict[str, Any]:
    """Return the spawner's setting for a number of GPUs; empty for none.

    Kubernetes adds the request, which must be the same as the limit.

    Args:
        tenancy: the tenancy.
        gpus: number of GPUs.
        pool: the pool that the server's profile names.
    """
    return {"extra_resource_limits": {resource_of_notebooks(tenancy, pool): str(gpus)}} if gpus else {}
