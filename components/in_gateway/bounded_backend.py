"""Part of the gateway's configuration: who gets no further cluster, told in a sentence that the notebook shows.

dask-gateway 2026.3.0 counts users' clusters only where it keeps them in a database of its own (``UserLimits``), and
not on Kubernetes. Here the clusters themselves are counted, as the API server knows them. And where the quota that all
users share is used up, dask-gateway alone would wait without end and without a word.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiohttp import ClientError  # type: ignore[import-not-found,unused-ignore]
from dask_gateway_server.backends.base import PublicException  # type: ignore[import-not-found,unused-ignore]
from dask_gateway_server.backends.kubernetes import KubeBackend  # type: ignore[import-not-found,unused-ignore]
from kubernetes_asyncio.client.exceptions import ApiException  # type: ignore[import-not-found,unused-ignore]
from traitlets import Integer, Unicode  # type: ignore[import-not-found,unused-ignore]

ASK_TIMEOUT_SECONDS = 10
GB = 1024**3
"""dask-gateway's ``G``."""

_SUFFIXES = {"m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 1024, "Mi": 1024**2, "Gi": GB, "Ti": 1024**4}


def lives(cluster: dict[str, Any]) -> bool:
    """Whether a DaskCluster object stands for a cluster that nobody has asked to stop and that has not ended."""
    phase = (cluster.get("status") or {}).get("phase", "Pending")
    return phase in ("Pending", "Running") and bool(cluster["spec"].get("active", True))


def number(quantity: str) -> float:
    """A Kubernetes quantity: ``1500m`` is 1.5, ``2Mi`` is 2097152.

    Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/

    Raises:
        ValueError: it is none.
    """
    digits = quantity.rstrip("kmKMGTi")
    suffix = quantity[len(digits) :]
    return float(digits) * (_SUFFIXES[suffix] if suffix else 1)


def no_room(hard: Mapping[str, str], used: Mapping[str, str], cores: float, memory: float) -> str | None:
    """Why a cluster cannot start whose scheduler and one worker ask for so many cores and bytes; None if it can.

    ``hard`` and ``used`` are those of a ResourceQuota's status.
    """
    wanted = {"requests.cpu": (cores, 1, "cores"), "requests.memory": (memory, GB, "GB of memory")}
    for what, (needed, unit, words) in wanted.items():
        if what in hard:
            total = number(hard[what])
            free = max(0.0, total - number(used.get(what, "0")))
            # Sums of floats: a last bit must not cost a cluster that fits exactly.
            if needed - free > 1e-6:
                return (
                    f"There is no room for another Dask cluster now: its scheduler and one worker need "
                    f"{needed / unit:.4g} {words}, and of the {total / unit:.4g} that all users' clusters share "
                    f"{free / unit:.4g} are free. Try again later, or ask for smaller workers."
                )
    return None


class BoundedKubeBackend(KubeBackend):  # type: ignore[misc,unused-ignore]
    """dask-gateway's own Kubernetes backend, which refuses the cluster that would be one too many."""

    clusters_per_user = Integer(1, min=1, help="Most clusters of one user at a time.", config=True)
    quota = Unicode("", help="The ResourceQuota that all users' clusters share; none if empty.", config=True)

    async def setup(self, app: Any) -> None:  # noqa: ANN401 - dask-gateway has no types
        """As there; and two clusters asked for at the same moment are counted one after the other."""
        self._starting = asyncio.Lock()
        await super().setup(app)

    async def start_cluster(self, user: Any, cluster_options: dict[str, Any]) -> str:  # noqa: ANN401
        """The new cluster's name.

        Raises:
            PublicException: the user has as many as allowed, they could not be counted, or there is no room for
                another; its text is what the notebook shows.
        """
        async with self._starting:
            has = await self._clusters_of(user.name)
            if has >= self.clusters_per_user:
                raise PublicException(
                    f"You have {has} Dask cluster{'' if has == 1 else 's'}, and a user has at most "
                    f"{self.clusters_per_user} at a time. Shut one down first: "
                    "gateway.list_clusters() names them, gateway.stop_cluster(name) ends one."
                )
            _, config = await self.process_cluster_options(user, cluster_options)
            if self.quota and (refusal := await self._no_room(config)):
                raise PublicException(refusal)
            name: str = await super().start_cluster(user, cluster_options)
            return name

    async def _clusters_of(self, user: str) -> int:
        try:
            listed = await self.custom_client.list_cluster_custom_object(
                "gateway.dask.org",
                self.crd_version,
                "daskclusters",
                label_selector=self.label_selector,
                _request_timeout=ASK_TIMEOUT_SECONDS,
            )
        except (TimeoutError, ApiException, ClientError) as wrong:
            self.log.warning("Could not list the clusters of user %s", user, exc_info=wrong)
            raise PublicException(
                "The Dask gateway could not ask Kubernetes how many clusters you have; try again in a minute."
            ) from wrong
        return sum(lives(cluster) and cluster["spec"].get("username") == user for cluster in listed["items"])

    async def _no_room(self, config: Any) -> str | None:  # noqa: ANN401
        """As the quota's status has it now. Kubernetes itself holds to the quota: where that cannot be read, go on."""
        try:
            status = (
                await self.core_client.read_namespaced_resource_quota(
                    self.quota, config.namespace, _request_timeout=ASK_TIMEOUT_SECONDS
                )
            ).status
            return no_room(
                status.hard or {},
                status.used or {},
                config.scheduler_cores + config.worker_cores,
                config.scheduler_memory + config.worker_memory,
            )
        except (TimeoutError, ApiException, ClientError, ValueError) as wrong:
            self.log.warning("Could not read the quota %s", self.quota, exc_info=wrong)
            return None
