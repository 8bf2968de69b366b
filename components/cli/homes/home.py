"""Homes of a tenancy, from the claims, volumes and pods of the cluster. Pure.

All of it is in the cluster, so it is known while the hub does not run, and after its database was lost.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from components.cli.accept.facts import FORMER_ID, FORMER_USER
from components.in_hub.api_names import VERIFICATION_USER
from components.in_hub.home_marks import (
    ARCHIVE,
    ARCHIVED_AT,
    AWAY_SINCE,
    DELETION_BEGUN,
    LAST_START,
    RESTORING,
    is_snapshot,
    read_mark_time,
)
from components.in_hub.home_use import HomeUse, read_use
from components.in_hub.quantity import size_bytes
from components.in_hub.user_id import ID_ANNOTATION, NAME_ANNOTATION
from components.ownership.claims import HOME_CLAIMS, HOME_LABEL, is_home
from components.readiness.objects import annotation, field, items, name, uid

Object = Mapping[str, Any]

SERVER = "singleuser-server"
"""Label ``component`` of users' servers."""

ENDED = ("Succeeded", "Failed")
"""Phases of pods that mount nothing any more."""

RUNNING, STARTING, STOPPING = "running", "starting", "stopping"

PROVISIONER = "pv.kubernetes.io/provisioned-by"
"""Annotation of volumes that a provisioner made, and can delete."""


@dataclass(frozen=True)
class Volume:
    """The PersistentVolume of a home."""

    name: str
    uid: str
    policy: str
    """Reclaim policy."""
    phase: str
    is_provisioned: bool
    """Whether a provisioner made it, and deletes it together with its files if the policy says so."""
    claim_uid: str
    """UID of the claim that it is bound to, or was bound to."""
    deletion: str = ""
    """Time at which ``members delete-home`` has begun to delete it; empty otherwise."""


@dataclass(frozen=True)
class Home:
    """A home: a claim with its volume, or a volume whose claim was deleted."""

    user: str
    user_id: str
    """The ``ipaUniqueID`` that it is bound to; empty if it is not bound."""
    claim: str
    """Name of the claim; empty if only the volume is left."""
    uid: str
    """UID of the claim; empty if there is none."""
    resource_version: str
    is_of_hub: bool
    """Whether the hub created it for this user, or took it over at a start."""
    size: float
    """Size in bytes."""
    use: HomeUse | None = None
    last_start: datetime | None = None
    away_since: datetime | None = None
    deletion: str = ""
    """Time at which ``members delete-home`` has begun to delete it; empty otherwise."""
    archive: str = ""
    """``ARCHIVE_BEGUN``, or the id of the verified snapshot, while ``members archive-home`` archives it."""
    restoring: str = ""
    """The mark of a restore that has not put all files in place (``RESTORING``); empty otherwise."""
    archived_at: datetime | None = None
    """When a run of the backup has archived it by itself; None if none has, or it was used since."""
    is_terminating: bool = False
    """Whether Kubernetes deletes the claim."""
    server: str = ""
    """State of the servers that mount it, of several the one that lasts longest; empty if there is none."""
    pods: tuple[str, ...] = ()
    """Names of the pods that mount it."""
    volume: Volume | None = None

    @property
    def name(self) -> str:
        """Name of the claim, or of the volume if there is no claim."""
        return self.claim or (self.volume.name if self.volume else "")

    @property
    def used_part(self) -> float | None:
        """Used part of the size; None if it is not known."""
        return self.use.used / self.size if self.use and self.size else None

    @property
    def owner(self) -> tuple[str, str]:
        """The user's name with the account that the home is bound to."""
        return self.user, self.user_id


def make_homes(
    claims: Iterable[Object], pods: Sequence[Object], volumes: Iterable[Object] | None, namespace: str
) -> list[Home]:
    """Return the homes, by user and name, without that of a verification.

    Args:
        claims: the claims of the namespace.
        pods: the pods of the namespace.
        volumes: the volumes of the cluster; None if they could not be read.
        namespace: the namespace.
    """
    known, by_name = list(claims), {name(each): each for each in volumes or ()}
    homes = [_of_claim(claim, pods, by_name) for claim in known if _is_users(claim)]
    left = [each for each in by_name.values() if _is_left(each, known, namespace)]
    found = [*homes, *map(_of_volume, left)]
    return sorted((each for each in found if each.user != VERIFICATION_USER), key=lambda each: (each.user, each.name))


def _is_users(claim: Object) -> bool:
    return is_home(claim) or bool(annotation(claim, NAME_ANNOTATION))


def _of_claim(claim: Object, pods: Sequence[Object], volumes: Mapping[str, Object]) -> Home:
    label, value = HOME_LABEL
    user = annotation(claim, NAME_ANNOTATION)
    annotations = field(claim, "metadata", "annotations")
    mounting = [pod for pod in pods if field(pod, "status", "phase") not in ENDED and name(claim) in _claims_of(pod)]
    servers = [pod for pod in mounting if field(pod, "metadata", "labels", "component") == SERVER]
    volume = volumes.get(_volume_name(claim))
    if volume is not None and not _is_bound_to(volume, claim):
        volume = None
    size = field(claim, "status", "capacity", "storage") or field(claim, "spec", "resources", "requests", "storage")
    home = Home(
        user=user or name(claim).removeprefix(HOME_CLAIMS),
        user_id=annotation(claim, ID_ANNOTATION),
        claim=name(claim),
        uid=uid(claim),
        resource_version=str(field(claim, "metadata", "resourceVersion") or ""),
        is_of_hub=bool(user)
        and (bool(annotation(claim, ID_ANNOTATION)) or field(claim, "metadata", "labels", label) == value),
        size=float(size_bytes(str(size or "0"))),
        use=read_use(annotations),
        last_start=read_mark_time(annotations, LAST_START),
        away_since=read_mark_time(annotations, AWAY_SINCE),
        deletion=annotation(claim, DELETION_BEGUN),
        archive=annotation(claim, ARCHIVE),
        restoring=annotation(claim, RESTORING),
        archived_at=read_mark_time(annotations, ARCHIVED_AT) if is_snapshot(annotation(claim, ARCHIVE)) else None,
        is_terminating=bool(field(claim, "metadata", "deletionTimestamp")),
        server=_state(servers),
        pods=tuple(sorted(map(name, mounting))),
        volume=None if volume is None else _volume(volume),
    )
    if home.last_start is None and servers:  # started by a version that did not record it
        times = {"start": str(field(servers[0], "status", "startTime") or "")}
        return replace(home, last_start=read_mark_time(times, "start"))
    return home


def _state(servers: Sequence[Object]) -> str:
    if not servers:
        return ""
    kept = [pod for pod in servers if not field(pod, "metadata", "deletionTimestamp")]
    if not kept:
        return STOPPING
    return RUNNING if any(field(pod, "status", "phase") == "Running" for pod in kept) else STARTING


def _claims_of(pod: Object) -> Iterator[str]:
    for volume in items(pod, "spec", "volumes"):
        yield str(field(volume, "persistentVolumeClaim", "claimName") or "")


def _volume(volume: Object) -> Volume:
    return Volume(
        name=name(volume),
        uid=uid(volume),
        policy=str(field(volume, "spec", "persistentVolumeReclaimPolicy") or ""),
        phase=str(field(volume, "status", "phase") or ""),
        is_provisioned=bool(annotation(volume, PROVISIONER)),
        claim_uid=claim_uid(volume),
        deletion=annotation(volume, DELETION_BEGUN),
    )


def claim_uid(volume: Object) -> str:
    """Return the UID of the claim that a volume is bound to, or was bound to; empty if none was."""
    return str(field(volume, "spec", "claimRef", "uid") or "")


def is_wanted(volume: str, claims: Iterable[Object]) -> bool:
    """Return whether one of the claims has a volume of this name, or asks for it."""
    return any(_volume_name(claim) == volume for claim in claims)


def _volume_name(claim: Object) -> str:
    return str(field(claim, "spec", "volumeName") or "")


def _is_bound_to(volume: Object, claim: Object) -> bool:
    """Return whether the volume names the claim, too: a claim alone can ask for the volume of another one."""
    return claim_uid(volume) == uid(claim)


def _is_left(volume: Object, claims: Sequence[Object], namespace: str) -> bool:
    """Return whether a volume was a home in the namespace, and neither is nor becomes that of a claim again.

    An operator frees a volume for another claim by removing the claim's UID from it.
    """
    if not annotation(volume, FORMER_USER) or field(volume, "spec", "claimRef", "namespace") != namespace:
        return False
    bound = claim_uid(volume)
    return bool(bound) and bound not in map(uid, claims) and not is_wanted(name(volume), claims)


def _of_volume(volume: Object) -> Home:
    made = _volume(volume)
    return Home(
        user=annotation(volume, FORMER_USER),
        user_id=annotation(volume, FORMER_ID),
        claim="",
        uid="",
        resource_version="",
        is_of_hub=True,
        size=float(size_bytes(str(field(volume, "spec", "capacity", "storage") or "0"))),
        deletion=made.deletion,
        archive=annotation(volume, ARCHIVE),
        volume=made,
    )
