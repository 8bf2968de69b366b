"""Access of the hub to the objects that show to whom a user name belongs: claims, decisions and refusals."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from kubernetes_asyncio.client.exceptions import ApiException  # type: ignore[import-not-found,unused-ignore]
from kubespawner.clients import load_config, shared_client  # type: ignore[import-not-found,unused-ignore]

from components.in_hub.home_marks import AWAY_SINCE
from components.in_hub.user_id import (
    DECISIONS,
    ID_ANNOTATION,
    KEY_PREFIX,
    NAME_ANNOTATION,
    REFUSALS,
    Decision,
    read_decision,
)

REQUEST_SECONDS = 5
"""Time limit of one request to Kubernetes."""

SERVERS, HOMES = "component=singleuser-server", "component=singleuser-storage"
"""Labels of servers' pods and of homes (KubeSpawner 7.0.0)."""

NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
"""File with a pod's namespace, which KubeSpawner uses if none is configured."""


class UserObjects:
    """Objects in the hub's namespace."""

    def __init__(self, api: Any, namespace: str) -> None:  # noqa: ANN401 - kubernetes_asyncio has no types
        """Create the access.

        Args:
            api: kubernetes_asyncio's ``CoreV1Api``.
            namespace: the hub's namespace.
        """
        self._api = api
        self._namespace = namespace

    async def home_ids(self, user: str) -> frozenset[str]:
        """Return the ids that the user's homes are bound to.

        Raises:
            ApiException: Kubernetes refuses the request.
        """
        claims = await self._api.list_namespaced_persistent_volume_claim(
            self._namespace, _request_timeout=REQUEST_SECONDS
        )
        return frozenset(_ids(claims.items, user))

    async def decision(self, user: str) -> Decision | None:
        """Return the operator's decision about the name; None if there is none.

        Raises:
            ApiException: Kubernetes refuses the request.
        """
        # Without the chart's role, there can be no decision that the hub may follow.
        return read_decision(await self.read_config_map(DECISIONS), user)

    async def read_config_map(self, name: str) -> Mapping[str, str] | None:
        """Return the data of a ConfigMap; None if there is none, or the hub may not read it.

        Raises:
            ApiException: Kubernetes refuses the request.
        """
        try:
            found = await self._api.read_namespaced_config_map(name, self._namespace, _request_timeout=REQUEST_SECONDS)
        except ApiException as error:
            if error.status in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN):
                return None
            raise
        return dict(found.data or {})

    async def delete_server_and_home(self, user: str) -> list[str]:
        """Delete the pods and claims of a user's servers and homes, and return those that are still there.

        Raises:
            ApiException: Kubernetes refuses the request.
        """
        pods = await self._api.list_namespaced_pod(
            self._namespace, label_selector=SERVERS, _request_timeout=REQUEST_SECONDS
        )
        claims = await self._api.list_namespaced_persistent_volume_claim(
            self._namespace, label_selector=HOMES, _request_timeout=REQUEST_SECONDS
        )
        kinds = (
            ("pod", pods, self._api.delete_namespaced_pod),
            ("home", claims, self._api.delete_namespaced_persistent_volume_claim),
        )
        found = []
        for kind, listed, delete in kinds:
            for each in listed.items:
                if (each.metadata.annotations or {}).get(NAME_ANNOTATION) != user:
                    continue
                found.append(f"{kind} {each.metadata.name}")
                if each.metadata.deletion_timestamp is None:
                    await self._delete(delete, each.metadata.name)
        return found

    async def _delete(self, delete: Callable[..., Awaitable[Any]], name: str) -> None:
        try:
            await delete(name, self._namespace, _request_timeout=REQUEST_SECONDS)
        except ApiException as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise

    async def record_absence(self, user: str, time: str) -> None:
        """Record on a user's homes since when the user has no access, unless that is recorded already.

        Raises:
            ApiException: Kubernetes refuses the request.
        """
        claims = await self._api.list_namespaced_persistent_volume_claim(
            self._namespace, label_selector=HOMES, _request_timeout=REQUEST_SECONDS
        )
        for claim in claims.items:
            annotations = claim.metadata.annotations or {}
            if annotations.get(NAME_ANNOTATION) == user and AWAY_SINCE not in annotations:
                patch = {"metadata": {"annotations": {AWAY_SINCE: time}}}
                await self._api.patch_namespaced_persistent_volume_claim(
                    claim.metadata.name, self._namespace, patch, _request_timeout=REQUEST_SECONDS
                )

    async def record_refusal(self, user: str, text: str) -> None:
        """Record a refused log-in for ``doctor`` and ``members list``.

        Raises:
            ApiException: Kubernetes refuses the request.
        """
        await self._api.patch_namespaced_config_map(
            REFUSALS, self._namespace, {"data": {KEY_PREFIX + user: text}}, _request_timeout=REQUEST_SECONDS
        )


def _ids(claims: Iterable[Any], user: str) -> Iterable[str]:
    for claim in claims:
        annotations = claim.metadata.annotations or {}
        if annotations.get(NAME_ANNOTATION) == user and ID_ANNOTATION in annotations:
            yield annotations[ID_ANNOTATION]


def hub_objects(settings: Mapping[str, Any]) -> UserObjects | None:
    """Return the access with KubeSpawner's configuration; None where the hub does not run in Kubernetes.

    Args:
        settings: KubeSpawner's section of the hub's configuration.
    """
    namespace = hub_namespace(settings)
    return None if namespace is None else UserObjects(shared_client("CoreV1Api"), namespace)


def hub_namespace(settings: Mapping[str, Any]) -> str | None:
    """Return the hub's namespace, and let clients connect to it; None where the hub does not run in Kubernetes.

    Args:
        settings: KubeSpawner's section of the hub's configuration.
    """
    namespace = settings.get("namespace")
    if not isinstance(namespace, str):
        if not NAMESPACE_FILE.exists():
            return None
        namespace = NAMESPACE_FILE.read_text().strip()
    load_config(
        host=settings.get("k8s_api_host") or "",
        ssl_ca_cert=settings.get("k8s_api_ssl_ca_cert") or "",
        verify_ssl=settings.get("k8s_api_verify_ssl"),
    )
    return namespace
