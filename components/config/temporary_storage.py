"""Temporary storage of users' pods: files outside of homes and shared folders, on the node's own disk.

Kubernetes calls it ``ephemeral-storage``: what containers write outside of volumes, their logs, and ``emptyDir``. A pod
that exceeds its limit is evicted (https://kubernetes.io/docs/concepts/storage/ephemeral-storage/).
"""

from collections.abc import Iterable, Iterator
from typing import Annotated

from pydantic import Field

from components.config.environment import Found
from components.config.section import metadata
from components.config.types import Number

MIN_STORAGE_GB = 0.1
"""Least temporary storage of a pod, in GB. Less is a mistake in the unit."""

MAX_STORAGE_GB = 100_000

DEFAULT_STORAGE_GB = 20
"""Limit of notebooks and Dask workers, in GB: AWS Fargate gives each pod the same
(https://docs.aws.amazon.com/eks/latest/userguide/fargate-pod-configuration.html).

It is more than usual work writes outside of the home, and less than the disks of usual nodes, so that no single pod
fills one.
"""

DEFAULT_SCHEDULER_STORAGE_GB = 10
"""Limit of Dask schedulers, in GB. They store no data, but a plug-in may install packages there, too."""

DEFAULT_REQUEST_GB = 1
"""Storage that is reserved for each pod if the stack file describes the nodes' disks, in GB.

Without this description nothing is reserved: a pod that requests temporary storage starts on no node whose kubelet does
not report any (``localStorageCapacityIsolation: false``).
"""

StorageGb = Annotated[Number, Field(ge=MIN_STORAGE_GB, le=MAX_STORAGE_GB, json_schema_extra=metadata(unit="GB"))]

StorageRequestGb = Annotated[
    Number | None, Field(ge=0, le=MAX_STORAGE_GB, examples=[2], json_schema_extra=metadata(unit="GB"))
]


def find_larger_request(request_gb: float | None, limits: Iterable[tuple[str, float]]) -> Iterator[Found]:
    """Yield a request that is larger than one of the limits, which Kubernetes would refuse.

    Args:
        request_gb: the value of ``temporaryStorageRequestGb``.
        limits: the keys and values of the limits.
    """
    for key, limit_gb in limits:
        if request_gb is not None and request_gb > limit_gb:
            message = f"is more than {key} {limit_gb:g}; reduce it, or raise {key}"
            yield ("temporaryStorageRequestGb",), request_gb, message
            return
