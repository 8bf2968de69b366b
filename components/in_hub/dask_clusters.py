"""Users' Dask clusters: the gateway's DaskCluster objects in the hub's namespace. Ending one deletes nothing else."""

from collections.abc import Iterable, Mapping
from typing import Any

from kubespawner.clients import load_config, shared_client  # type: ignore[import-not-found,unused-ignore]

from components.in_hub.kubernetes_errors import short_reason
from components.in_hub.object_kinds import ENDED_PHASES

GROUP, VERSION, PLURAL = "gateway.dask.org", "v1alpha1", "daskclusters"
"""The objects' API; the version is that of dask-gateway 2026.3.0."""

REQUEST_SECONDS = 10
"""Time limit of one request to Kubernetes."""

STOP = [{"op": "add", "path": "/spec/active", "value": False}]
"""JSON patch by which the gateway itself stops a cluster; its controller then deletes the pods."""


class ClustersUnreachable(Exception):
    """Kubernetes did not list or stop the clusters; the text is the reason."""


class DaskClusters:
    """The Dask clusters in one namespace."""

    def __init__(self, namespace: str) -> None:
        """Create the access.

        Args:
            namespace: the namespace; empty where there is no gateway, so no cluster.
        """
        self._namespace = namespace

    async def running(self) -> dict[str, list[str]]:
        """Return the names of the clusters that have not ended, by user.

        Raises:
            ClustersUnreachable: Kubernetes did not answer.
        """
        return {user: [_name(cluster) for cluster in own] for user, own in (await self._running()).items()}

    async def of(self, user: str) -> list[Mapping[str, Any]]:
        """Return the objects of the user's clusters that have not ended.

        Raises:
            ClustersUnreachable: Kubernetes did not answer.
        """
        return (await self._running()).get(user, [])

    async def end(self, user: str) -> list[str]:
        """Ask the controller to end all clusters of the user; return the names of those that have not ended yet.

        Raises:
            ClustersUnreachable: Kubernetes did not answer.
        """
        names = (await self.running()).get(user, [])
        await self.stop(names)
        return names

    async def stop(self, names: Iterable[str]) -> None:
        """Ask the controller to end clusters.

        Raises:
            ClustersUnreachable: Kubernetes did not answer.
        """
        for name in names:
            try:
                await _api().patch_namespaced_custom_object(
                    GROUP, VERSION, self._namespace, PLURAL, name, STOP, _request_timeout=REQUEST_SECONDS
                )
            except Exception as error:
                raise ClustersUnreachable(short_reason(error)) from error

    async def owners(self) -> dict[str, str]:
        """Return the user of each cluster by its name, also of those that have ended.

        Raises:
            ClustersUnreachable: Kubernetes did not answer.
        """
        clusters = (await self._list()).get("items") or []
        return {_name(cluster): (cluster.get("spec") or {}).get("username") or "" for cluster in clusters}

    async def _running(self) -> dict[str, list[Mapping[str, Any]]]:
        return group_by_user(await self._list())

    async def _list(self) -> Mapping[str, Any]:
        if not self._namespace:
            return {}
        try:
            listed: Mapping[str, Any] = await _api().list_namespaced_custom_object(
                GROUP, VERSION, self._namespace, PLURAL, _request_timeout=REQUEST_SECONDS
            )
        except Exception as error:
            raise ClustersUnreachable(short_reason(error)) from error
        return listed


def group_by_user(listed: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    """Return the DaskCluster objects in a list that have not ended, by user."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for cluster in listed.get("items") or []:
        user = (cluster.get("spec") or {}).get("username")
        if user and (cluster.get("status") or {}).get("phase") not in ENDED_PHASES:
            found.setdefault(user, []).append(cluster)
    return found


def _name(cluster: Mapping[str, Any]) -> str:
    name: str = cluster["metadata"]["name"]
    return name


def _api() -> Any:  # noqa: ANN401 - kubernetes_asyncio has no types
    load_config()
    return shared_client("CustomObjectsApi")
