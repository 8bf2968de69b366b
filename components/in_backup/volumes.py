"""The volumes to back up, and the pods that use them, from the objects of the namespace. Pure."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from components.in_backup.repository import home_path
from components.in_hub.home_marks import ARCHIVE, RESTORING, is_snapshot
from components.in_hub.quantity import size_bytes
from components.in_hub.user_id import ID_ANNOTATION, NAME_ANNOTATION
from components.ownership.claims import DATABASE_CLAIM, HOME_CLAIMS, SEVERAL_NODES, is_home

Object = Mapping[str, Any]

BACKED_UP = "tenancy.pangeo/backed-up"
"""Annotation of a claim: the time of its last backup, as ISO 8601."""

CLOCK_TOLERANCE = timedelta(minutes=10)
"""Largest difference between the clocks of two nodes on which runs are; a run does not begin with a larger one."""

BOUND = "Bound"
GIB = 1024**3
ENDED = ("Succeeded", "Failed")
"""Phases of pods that use their volumes no more."""


@dataclass(frozen=True)
class Volume:
    """A volume to back up: a home, or the hub's database if it has no user."""

    claim: str
    uid: str
    size: str
    """Requested size as a Kubernetes quantity."""
    storage_class: str | None = None
    user: str = ""
    user_id: str = ""
    path: str = ""
    """Path in snapshots."""
    is_shared: bool = False
    """Whether pods on several nodes can use it at the same time."""
    backed_up: datetime | None = None
    """Time of the last backup."""
    restoring: str = ""
    """Snapshot of a restore that is not finished, so that the home is half old and half new."""
    is_archived: bool = False
    """Whether there is a verified archive, and no server was started with the home since."""

    @property
    def name(self) -> str:
        """Name in messages."""
        return self.user or "hub database"

    def is_backed_up(self, since: datetime, now: datetime) -> bool:
        """Return whether there is a backup after a time. One of the future, by a wrong clock, does not count."""
        return self.backed_up is not None and since <= self.backed_up <= now + CLOCK_TOLERANCE

    @property
    def size_gb(self) -> int:
        """Requested size in GB, rounded up."""
        return math.ceil(size_bytes(self.size) / GIB)


def read_volumes(claims: Iterable[Object]) -> list[Volume]:
    """Return the volumes in the order of their backups: the hub's database, then homes, the oldest backup first.

    Claims without a volume, and those that are being deleted, have nothing to back up.
    """
    found: list[Volume] = []
    for claim in sorted(claims, key=lambda each: str(each["metadata"]["name"])):
        metadata = claim["metadata"]
        is_database = metadata["name"] == DATABASE_CLAIM
        if metadata.get("deletionTimestamp") or claim["status"].get("phase") != BOUND:
            continue
        if not (is_database or is_home(claim)):
            continue
        annotations = metadata.get("annotations") or {}
        user = "" if is_database else annotations.get(NAME_ANNOTATION) or metadata["name"].removeprefix(HOME_CLAIMS)
        found.append(
            Volume(
                claim=metadata["name"],
                uid=metadata["uid"],
                size=claim["spec"]["resources"]["requests"]["storage"],
                storage_class=claim["spec"].get("storageClassName"),
                user=user,
                user_id=annotations.get(ID_ANNOTATION) or "",
                path="" if is_database else home_path(user, metadata["name"]),
                is_shared=SEVERAL_NODES in claim["spec"].get("accessModes", ()),
                backed_up=_read_time(annotations.get(BACKED_UP)),
                restoring=str(annotations.get(RESTORING) or ""),
                is_archived=is_snapshot(str(annotations.get(ARCHIVE) or "")),
            )
        )
    return sorted(found, key=lambda each: (bool(each.user), each.backed_up.timestamp() if each.backed_up else 0.0))


@dataclass(frozen=True)
class VolumeUse:
    """A pod that uses a volume."""

    pod: str
    node: str | None
    """None until the pod is scheduled."""


def volume_uses(pods: Iterable[Object], own: Iterable[str]) -> dict[str, list[VolumeUse]]:
    """Return the pods that use each claim.

    Args:
        pods: all pods of the namespace.
        own: names of the run's own pods, which do not count.
    """
    others, uses = frozenset(own), dict[str, list[VolumeUse]]()
    for pod in pods:
        metadata, spec = pod["metadata"], pod["spec"]
        if metadata["name"] in others or (pod.get("status") or {}).get("phase") in ENDED:
            continue
        for volume in spec.get("volumes") or ():
            claim = (volume.get("persistentVolumeClaim") or {}).get("claimName")
            if claim:
                uses.setdefault(claim, []).append(VolumeUse(metadata["name"], spec.get("nodeName")))
    return uses


def _read_time(text: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return time if time.tzinfo else None
