"""State of a hub, read from the cluster's API: pods, settings, servers, homes. No hub token is needed."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import yaml

from components.cluster.client import Api
from components.cluster.errors import CannotAsk
from components.cluster.objects import read_events
from components.readiness.finding import Finding
from components.readiness.objects import uid
from components.readiness.pods import failed_pulls

VALUES_KEYS = ("values.yaml", "values.json")
"""Keys of the chart's values in its Secret ``hub``; z2jh 4.4.0 uses the first."""

USER_ANNOTATION = "hub.jupyter.org/username"
"""KubeSpawner's annotation; the label of the same name holds an escaped spelling of names with unusual characters."""

SERVER_ANNOTATION = "hub.jupyter.org/servername"


@dataclass(frozen=True)
class Server:
    """A user's notebook server."""

    user: str
    phase: str
    since: str
    node: str


class DeployedHub:
    """The hub of one namespace."""

    def __init__(self, api: Api, namespace: str) -> None:
        self._api = api
        self._namespace = namespace

    def count_ready(self, deployment: str) -> tuple[int, int] | None:
        """Return how many pods are ready and how many are wanted; None where there is no such deployment.

        Raises:
            CannotAsk: the cluster gives no answer.
        """
        fields = quote(f"metadata.name={deployment}")
        for item in self._list(f"/apis/apps/v1/namespaces/{self._namespace}/deployments?fieldSelector={fields}"):
            wanted = int((item.get("spec") or {}).get("replicas", 1))
            return int((item.get("status") or {}).get("readyReplicas") or 0), wanted
        return None

    def values(self) -> Mapping[str, Any] | None:
        """Return the chart values that the hub was deployed with, including secrets; None where there is no hub.

        Raises:
            CannotAsk: the cluster gives no answer, or the values are unreadable.
        """
        fields = quote("metadata.name=hub")
        for item in self._list(f"/api/v1/namespaces/{self._namespace}/secrets?fieldSelector={fields}"):
            data = item.get("data") or {}
            encoded = next((data[key] for key in VALUES_KEYS if key in data), None)
            try:
                values = yaml.safe_load(base64.b64decode(encoded or "", validate=True))
            except (yaml.YAMLError, binascii.Error, UnicodeDecodeError):
                values = None
            if not isinstance(values, Mapping):
                raise CannotAsk(f"{self._api.server}: the Secret {self._namespace}/hub contains no values of the chart")
            return values
        return None

    def servers(self) -> list[Server]:
        """Return the users' servers, sorted by user.

        Raises:
            CannotAsk: the cluster gives no answer.
        """
        pods = self._list_component("pods", "singleuser-server")
        return sorted((_server(pod) for pod in pods), key=lambda server: server.user)

    def failed_pulls(self) -> list[Finding]:
        """Return the findings about images of the namespace's pods that cannot be pulled, sorted by pod.

        Raises:
            CannotAsk: the cluster gives no answer.
        """
        pods = self._list(f"/api/v1/namespaces/{self._namespace}/pods")
        return sorted(
            (
                found
                for pod in pods
                if any(failed_pulls(pod, ()))
                for found in failed_pulls(pod, read_events(self._api, self._namespace, uid(pod)))
            ),
            key=str,
        )

    def _list_component(self, kind: str, component: str) -> list[Mapping[str, Any]]:
        labels = quote(f"component={component}")
        return self._list(f"/api/v1/namespaces/{self._namespace}/{kind}?labelSelector={labels}")

    def _list(self, path: str) -> list[Mapping[str, Any]]:
        return list(self._api.get(path).get("items") or [])


def _server(pod: Mapping[str, Any]) -> Server:
    name = _annotation(pod, SERVER_ANNOTATION)
    status = pod.get("status") or {}
    metadata = pod.get("metadata") or {}
    return Server(
        user=f"{user_of(pod)}/{name}" if name else user_of(pod),
        phase="Stopping" if metadata.get("deletionTimestamp") else str(status.get("phase", "unknown")),
        since=str(status.get("startTime") or metadata.get("creationTimestamp") or ""),
        node=str((pod.get("spec") or {}).get("nodeName") or ""),
    )


def user_of(item: Mapping[str, Any]) -> str:
    """Return the user of a pod or a claim; its own name if the hub has not named one."""
    return _annotation(item, USER_ANNOTATION) or str((item.get("metadata") or {}).get("name", ""))


def _annotation(item: Mapping[str, Any], key: str) -> str:
    return str(((item.get("metadata") or {}).get("annotations") or {}).get(key) or "")
