"""What the cluster holds of a hub, read from its API: release, pods, settings, servers, homes. Needs no hub token."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import yaml

from components.cluster.client import Api
from components.cluster.errors import CannotAsk
from components.cluster.releases import METADATA_ALONE

SETTINGS_KEYS = ("values.yaml", "values.json")
"""Under which the chart's Secret ``hub`` keeps the values; z2jh 4.4.0 writes the first."""

USER_ANNOTATION = "hub.jupyter.org/username"
"""KubeSpawner's; the label of that name holds the name in another spelling where it has odd characters."""

SERVER_ANNOTATION = "hub.jupyter.org/servername"


@dataclass(frozen=True)
class Release:
    """The latest revision of the Helm release."""

    revision: int
    status: str
    since: str

    @property
    def is_pending(self) -> bool:
        """An operation is at work on it, or was killed."""
        return self.status.startswith("pending-")

    def age(self, now: datetime) -> timedelta:
        """How long ago it began; no time at all where nobody knows."""
        try:
            return now - datetime.fromisoformat(self.since)
        except ValueError:
            return timedelta()


@dataclass(frozen=True)
class Server:
    """A user's running notebook server."""

    user: str
    phase: str
    since: str
    node: str


class DeployedHub:
    """One tenancy's hub in its cluster."""

    def __init__(self, api: Api, namespace: str) -> None:
        self._api = api
        self._namespace = namespace

    def release(self, name: str) -> Release | None:
        """The release, or None where nothing is deployed.

        Raises:
            CannotAsk: the cluster gives no answer.
        """
        labels = quote(f"owner=helm,name={name}")
        # Helm's revisions are Secrets with every value in them; their labels are all that is asked for.
        found = self._list(f"/api/v1/namespaces/{self._namespace}/secrets?labelSelector={labels}", METADATA_ALONE)
        revisions = [_release(item.get("metadata") or {}) for item in found]
        return max(revisions, key=lambda each: each.revision, default=None)

    def ready(self, deployment: str) -> tuple[int, int] | None:
        """Pods that are ready, and pods that are wanted; None where there is no such deployment.

        Raises:
            CannotAsk: the cluster gives no answer.
        """
        fields = quote(f"metadata.name={deployment}")
        for item in self._list(f"/apis/apps/v1/namespaces/{self._namespace}/deployments?fieldSelector={fields}"):
            wanted = int((item.get("spec") or {}).get("replicas", 1))
            return int((item.get("status") or {}).get("readyReplicas") or 0), wanted
        return None

    def settings(self) -> Mapping[str, Any] | None:
        """The values the hub was deployed with, secrets among them; None where there is no hub.

        Raises:
            CannotAsk: the cluster gives no answer, or what it keeps is unreadable.
        """
        fields = quote("metadata.name=hub")
        for item in self._list(f"/api/v1/namespaces/{self._namespace}/secrets?fieldSelector={fields}"):
            data = item.get("data") or {}
            kept = next((data[key] for key in SETTINGS_KEYS if key in data), None)
            try:
                values = yaml.safe_load(base64.b64decode(kept or "", validate=True))
            except (yaml.YAMLError, binascii.Error, UnicodeDecodeError):
                values = None
            if not isinstance(values, Mapping):
                raise CannotAsk(f"{self._api.server}: the Secret {self._namespace}/hub holds no values of the chart")
            return values
        return None

    def servers(self) -> list[Server]:
        """Users' servers, by user.

        Raises:
            CannotAsk: the cluster gives no answer.
        """
        pods = self._labelled("pods", "singleuser-server")
        return sorted((_server(pod) for pod in pods), key=lambda server: server.user)

    def homes(self) -> list[str]:
        """Everybody who has a home volume, so ever had a server.

        Raises:
            CannotAsk: the cluster gives no answer.
        """
        return sorted({_user(claim) for claim in self._labelled("persistentvolumeclaims", "singleuser-storage")})

    def _labelled(self, kind: str, component: str) -> list[Mapping[str, Any]]:
        labels = quote(f"component={component}")
        return self._list(f"/api/v1/namespaces/{self._namespace}/{kind}?labelSelector={labels}")

    def _list(self, path: str, accept: str = "application/json") -> list[Mapping[str, Any]]:
        return list(self._api.get(path, accept).get("items") or [])


def _release(metadata: Mapping[str, Any]) -> Release:
    labels = metadata.get("labels") or {}
    version = str(labels.get("version", ""))
    return Release(
        revision=int(version) if version.isdigit() else 0,
        status=str(labels.get("status", "unknown")),
        since=str(metadata.get("creationTimestamp") or ""),
    )


def _server(pod: Mapping[str, Any]) -> Server:
    named = _annotation(pod, SERVER_ANNOTATION)
    status = pod.get("status") or {}
    leaving = (pod.get("metadata") or {}).get("deletionTimestamp")
    return Server(
        user=f"{_user(pod)}/{named}" if named else _user(pod),
        phase="Stopping" if leaving else str(status.get("phase", "unknown")),
        since=str(status.get("startTime") or (pod.get("metadata") or {}).get("creationTimestamp") or ""),
        node=str((pod.get("spec") or {}).get("nodeName") or ""),
    )


def _user(thing: Mapping[str, Any]) -> str:
    return _annotation(thing, USER_ANNOTATION) or str((thing.get("metadata") or {}).get("name", ""))


def _annotation(thing: Mapping[str, Any], key: str) -> str:
    return str(((thing.get("metadata") or {}).get("annotations") or {}).get(key) or "")
