"""Reading, creating, changing and deleting single objects of a cluster."""

import copy
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from components.cluster.answers import CONFLICT, NOT_FOUND
from components.cluster.errors import CannotAsk

if TYPE_CHECKING:
    from components.cluster.client import Api, ReadWriteApi

FIELD_MANAGER = "pangeo-tenancy"
"""Name under which Kubernetes records the program's own changes, beside those of the Kubernetes provider."""

ATTEMPTS = 5
"""Attempts to change an object that others change at the same time."""

DELETION_SECONDS = 600.0
"""Time limit of a namespace's deletion, which ends when all objects in it are gone. Pulumi's own limit is the same."""

POLL_SECONDS = 0.5
REPORT_SECONDS = 15.0
"""Interval of progress messages."""

PLURALS = {
    "Ingress": "ingresses",
    "Middleware": "middlewares",
    "PersistentVolume": "persistentvolumes",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "PrometheusRule": "prometheusrules",
    "Secret": "secrets",
    "Service": "services",
    "ServiceMonitor": "servicemonitors",
}
"""Names of kinds in the API's paths."""


@dataclass(frozen=True)
class ObjectPath:
    """Place of an object in the API."""

    kind: str
    collection: str
    """Path of the objects of its kind, e.g. ``/api/v1/namespaces``."""
    name: str
    namespace: str | None = None

    @property
    def path(self) -> str:
        """Path of the object."""
        return f"{self.collection}/{self.name}"

    def __str__(self) -> str:
        return f"{self.kind} {f'{self.namespace}/' if self.namespace else ''}{self.name}"


def namespace_path(name: str) -> ObjectPath:
    """Return the place of a namespace."""
    return ObjectPath("Namespace", "/api/v1/namespaces", name)


def storage_class_path(name: str) -> ObjectPath:
    """Return the place of a storage class."""
    return ObjectPath("StorageClass", "/apis/storage.k8s.io/v1/storageclasses", name)


def claim_path(namespace: str, name: str) -> ObjectPath:
    """Return the place of a volume claim."""
    return ObjectPath(
        "PersistentVolumeClaim", f"/api/v1/namespaces/{namespace}/persistentvolumeclaims", name, namespace
    )


def read_claims(api: "ReadWriteApi", namespace: str) -> list[Mapping[str, Any]]:
    """Return the volume claims of a namespace, by name; none if it does not exist.

    Raises:
        CannotAsk: the cluster gives no answer, or the account may not list them.
    """
    claims = api.get(claim_path(namespace, "").collection).get("items") or []
    return sorted(claims, key=lambda each: str(each["metadata"]["name"]))


def read_events(api: "Api", namespace: str, uid: str) -> list[Mapping[str, Any]]:
    """Return the events about the object with a UID; none if the cluster does not show them, as they only explain."""
    try:
        found = api.get(f"/api/v1/namespaces/{quote(namespace)}/events?fieldSelector=involvedObject.uid%3D{quote(uid)}")
    except CannotAsk:
        return []
    return [each for each in found.get("items") or [] if isinstance(each, Mapping)]


def volume_path(name: str) -> ObjectPath:
    """Return the place of a volume."""
    return ObjectPath("PersistentVolume", "/api/v1/persistentvolumes", name)


def csi_driver_path(name: str) -> ObjectPath:
    """Return the place of a CSI driver."""
    return ObjectPath("CSIDriver", "/apis/storage.k8s.io/v1/csidrivers", name)


def object_path(manifest: Mapping[str, Any]) -> ObjectPath:
    """Return the place of the object in a manifest."""
    kind, api_version, metadata = manifest["kind"], manifest["apiVersion"], manifest["metadata"]
    root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    namespace = metadata.get("namespace")
    parent = f"/namespaces/{namespace}" if namespace else ""
    return ObjectPath(kind, f"{root}{parent}/{PLURALS[kind]}", metadata["name"], namespace)


def find_object(api: "ReadWriteApi", place: ObjectPath) -> Mapping[str, Any] | None:
    """Return an object; None if it, or its kind, does not exist.

    Raises:
        CannotAsk: the cluster gives no answer, or the account may not read the object.
    """
    status, found = api.send("GET", place.path)
    return None if status == NOT_FOUND else found


def set_annotation(api: "ReadWriteApi", place: ObjectPath, uid: str, name: str, value: str | None) -> bool:
    """Set an annotation of the object with this UID; None removes it. Return False if there is no such object.

    Raises:
        CannotAsk: the cluster gives no answer, or refuses the change.
    """

    def annotate(manifest: dict[str, Any]) -> None:
        annotations = {
            key: text for key, text in (manifest["metadata"].get("annotations") or {}).items() if key != name
        }
        manifest["metadata"]["annotations"] = {**annotations, **({} if value is None else {name: value})}

    return change_object(api, place, uid, annotate)


def change_object(
    api: "ReadWriteApi", place: ObjectPath, uid: str | None, change: Callable[[dict[str, Any]], None]
) -> bool:
    """Change the object; return False if there is none, or with another UID than a given one.

    Args:
        api: the cluster.
        place: the object's place.
        uid: the object's UID; None for any.
        change: changes the object's manifest; called again with a new one if others change the object meanwhile.

    Raises:
        CannotAsk: the cluster gives no answer, or refuses the change.
    """
    for _ in range(ATTEMPTS):
        live = find_object(api, place)
        if live is None or (uid is not None and live["metadata"].get("uid") != uid):
            return False
        changed = copy.deepcopy(dict(live))
        change(changed)
        # The object contains its resourceVersion, so a change by others in the meantime is a conflict.
        status, _ = api.send("PUT", f"{place.path}?fieldManager={FIELD_MANAGER}", changed)
        if status == NOT_FOUND:
            return False
        if status != CONFLICT:
            return True
    raise CannotAsk(f"{api.server}: {place} was changed by others {ATTEMPTS} times in a row; try again")


def create_object(api: "ReadWriteApi", place: ObjectPath, manifest: Mapping[str, Any]) -> bool:
    """Create the object; return False if it exists.

    Raises:
        CannotAsk: the cluster gives no answer, or refuses the change.
    """
    if find_object(api, place) is not None:
        return False
    status, _ = api.send("POST", f"{place.collection}?fieldManager={FIELD_MANAGER}", manifest)
    return status != CONFLICT


def delete_object(
    api: "ReadWriteApi",
    place: ObjectPath,
    uid: str,
    report: Callable[[str], None],
    limit_seconds: float = DELETION_SECONDS,
    *,
    resource_version: str | None = None,
) -> None:
    """Delete the object with this UID, and wait until it is gone. Another object of the same name is not deleted.

    Args:
        api: the cluster.
        place: the object's place.
        uid: the object's UID.
        report: receives progress messages.
        limit_seconds: time to wait.
        resource_version: the object is not deleted if it was changed after it had this version; None deletes any.

    Raises:
        CannotAsk: the cluster gives no answer, refuses the deletion, or has not finished it within the time limit.
    """
    preconditions = {"uid": uid, **({"resourceVersion": resource_version} if resource_version else {})}
    options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions}
    status, _ = api.send("DELETE", place.path, {**options, "propagationPolicy": "Background"})
    if status == CONFLICT and _live(api, place, uid) is not None:
        raise CannotAsk(f"{api.server}: {place} cannot be deleted now; try again")
    begin = reported = time.monotonic()
    while (live := _live(api, place, uid)) is not None:
        now = time.monotonic()
        if now > begin + limit_seconds:
            raise CannotAsk(
                f"{api.server}: {place} is not gone {limit_seconds:g} s after its deletion was requested"
                f"{_remaining(live)}; Kubernetes continues the deletion, so try again later"
            )
        if now > reported + REPORT_SECONDS:
            report(f"waiting until {place} is deleted, for {now - begin:.0f} s{_remaining(live)}")
            reported = now
        time.sleep(POLL_SECONDS)


def _live(api: "ReadWriteApi", place: ObjectPath, uid: str) -> Mapping[str, Any] | None:
    found = find_object(api, place)
    return found if found is not None and found["metadata"].get("uid") == uid else None


def _remaining(live: Mapping[str, Any]) -> str:
    """Return Kubernetes' own description of what is left in a namespace, e.g. claims that a pod still uses."""
    conditions = (live.get("status") or {}).get("conditions") or []
    messages = [str(each.get("message", "")) for each in conditions if each.get("status") == "True"]
    return f": {'; '.join(messages)}" if any(messages) else ""
