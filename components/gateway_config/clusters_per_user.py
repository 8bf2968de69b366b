"""Part of the gateway's configuration: a user has so many clusters at a time and no more.

dask-gateway 2026.3.0 counts users' clusters only where it keeps them in a database of its own (``UserLimits``), and
not on Kubernetes. Here the clusters themselves are counted, as the API server knows them.
"""

import asyncio
from typing import Any

from aiohttp import ClientError  # type: ignore[import-not-found,unused-ignore]
from dask_gateway_server.backends.base import PublicException  # type: ignore[import-not-found,unused-ignore]
from dask_gateway_server.backends.kubernetes import KubeBackend  # type: ignore[import-not-found,unused-ignore]
from kubernetes_asyncio.client.exceptions import ApiException  # type: ignore[import-not-found,unused-ignore]
from traitlets import Integer  # type: ignore[import-not-found,unused-ignore]

COUNT_TIMEOUT_SECONDS = 10


def lives(cluster: dict[str, Any]) -> bool:
    """Whether a DaskCluster object stands for a cluster that nobody has asked to stop and that has not ended."""
    phase = (cluster.get("status") or {}).get("phase", "Pending")
    return phase in ("Pending", "Running") and bool(cluster["spec"].get("active", True))


class BoundedKubeBackend(KubeBackend):  # type: ignore[misc,unused-ignore]
    """dask-gateway's own Kubernetes backend, which refuses the cluster that would be one too many."""

    clusters_per_user = Integer(1, min=1, help="Most clusters of one user at a time.", config=True)

    async def setup(self, app: Any) -> None:  # noqa: ANN401 - dask-gateway has no types
        """As there; and two clusters asked for at the same moment are counted one after the other."""
        self._starting = asyncio.Lock()
        await super().setup(app)

    async def start_cluster(self, user: Any, cluster_options: dict[str, Any]) -> str:  # noqa: ANN401
        """The new cluster's name.

        Raises:
            PublicException: the user has as many as allowed, or they could not be counted; its text is what the
                notebook shows.
        """
        async with self._starting:
            has = await self._clusters_of(user.name)
            if has >= self.clusters_per_user:
                raise PublicException(
                    f"You have {has} Dask cluster{'' if has == 1 else 's'}, and a user has at most "
                    f"{self.clusters_per_user} at a time. Shut one down first: "
                    "gateway.list_clusters() names them, gateway.stop_cluster(name) ends one."
                )
            name: str = await super().start_cluster(user, cluster_options)
            return name

    async def _clusters_of(self, user: str) -> int:
        try:
            listed = await self.custom_client.list_cluster_custom_object(
                "gateway.dask.org",
                self.crd_version,
                "daskclusters",
                label_selector=self.label_selector,
                _request_timeout=COUNT_TIMEOUT_SECONDS,
            )
        except (TimeoutError, ApiException, ClientError) as wrong:
            self.log.warning("Could not list the clusters of user %s", user, exc_info=wrong)
            raise PublicException(
                "The Dask gateway could not ask Kubernetes how many clusters you have; try again in a minute."
            ) from wrong
        return sum(lives(cluster) and cluster["spec"].get("username") == user for cluster in listed["items"])
