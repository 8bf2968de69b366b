"""Reads the objects of a release that a verdict needs, in few and small requests."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from components.cluster.client import Api
from components.cluster.errors import CannotAsk
from components.cluster.objects import read_events
from components.readiness.objects import Object, belongs_to_release, field, label_selector, uid
from components.readiness.scheduling import claim_names, is_scheduled
from components.readiness.verdict import Snapshot, unready_pods
from components.readiness.workloads import lacks_pods, missing

KINDS = {
    "Deployment": "/apis/apps/v1/namespaces/{namespace}/deployments",
    "StatefulSet": "/apis/apps/v1/namespaces/{namespace}/statefulsets",
    "DaemonSet": "/apis/apps/v1/namespaces/{namespace}/daemonsets",
    "Pod": "/api/v1/namespaces/{namespace}/pods",
}
_OF_HELM = "app.kubernetes.io/managed-by=Helm"
"""Label that Helm sets on every object of a release. Pods that the hub or a controller creates do not have it."""


def observe(api: Api, release: str, namespace: str) -> Snapshot:
    """Read a release's workloads and, of those that lack pods, what explains it.

    Raises:
        CannotAsk: the cluster gives no answer, or the account may not read workloads or pods.
    """
    reader = _Reader(api, namespace)
    workloads = [
        {**each, "kind": kind}
        for kind, path in KINDS.items()
        for each in reader.read(path, labels=_OF_HELM)
        if belongs_to_release(each, release, namespace)
    ]
    incomplete = [each for each in workloads if lacks_pods(each)]
    selectors = {kind: _selectors(incomplete, kind) for kind in ("Deployment", "StatefulSet", "DaemonSet")}
    pods = [pod for each in selectors.values() for labels in each for pod in reader.read(KINDS["Pod"], labels=labels)]
    replica_sets = [
        each
        for labels in selectors["Deployment"]
        for each in reader.read("/apis/apps/v1/namespaces/{namespace}/replicasets", labels=labels)
    ]
    snapshot = Snapshot(workloads, replica_sets, pods)
    return _with_explanations(reader, snapshot, incomplete)


def _with_explanations(reader: "_Reader", snapshot: Snapshot, incomplete: Sequence[Object]) -> Snapshot:
    pods = [pod for workload in incomplete for pod in unready_pods(workload, snapshot)]
    waiting = [pod for pod in pods if not is_scheduled(pod)]
    names = dict.fromkeys(claim for pod in waiting for claim in claim_names(pod))
    claims = [each for claim in names for each in reader.read_named("persistentvolumeclaims", claim)]
    without_pods = [each for each in incomplete if missing(each) and not unready_pods(each, snapshot)]
    explained = [*pods, *claims, *without_pods, *(snapshot.replica_sets if without_pods else ())]
    return replace(
        snapshot,
        claims=claims,
        events={uid(each): reader.events(uid(each)) for each in explained},
        nodes=reader.read_if_allowed("/api/v1/nodes") if waiting else (),
        classes=reader.read_if_allowed("/apis/storage.k8s.io/v1/storageclasses") if claims else (),
    )


def _selectors(workloads: Iterable[Object], kind: str) -> list[str]:
    """Return the label selectors of the workloads of a kind; without labels, a selector would match every pod."""
    found = [label_selector(field(each, "spec", "selector") or {}) for each in workloads if each.get("kind") == kind]
    return [each for each in dict.fromkeys(found) if each]


class _Reader:
    """Lists of objects in one namespace."""

    def __init__(self, api: Api, namespace: str) -> None:
        self._api = api
        self._namespace = namespace

    def read(self, path: str, **selectors: str) -> list[Mapping[str, Any]]:
        query = "&".join(f"{key.removesuffix('s')}Selector={quote(value)}" for key, value in selectors.items())
        address = path.format(namespace=quote(self._namespace))
        found = self._api.get(f"{address}?{query}" if query else address).get("items") or []
        return [each for each in found if isinstance(each, Mapping)]

    def read_named(self, resource: str, name: str) -> list[Mapping[str, Any]]:
        """Return the object with a name, or an empty list."""
        return self.read(f"/api/v1/namespaces/{{namespace}}/{resource}", fields=f"metadata.name={name}")

    def events(self, of: str) -> list[Mapping[str, Any]]:
        """Return the events about the object with a UID."""
        return read_events(self._api, self._namespace, of)

    def read_if_allowed(self, path: str) -> list[Mapping[str, Any]]:
        """Return a list that only explains; empty if the account may not read it."""
        try:
            return self.read(path)
        except CannotAsk:
            return []
