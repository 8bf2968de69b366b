"""To whom user names belong, read from the cluster: homes, refused log-ins, decisions and kept volumes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.cluster.client import ReadWriteApi
from components.cluster.objects import ObjectPath, find_object
from components.in_hub.user_id import (
    DECISIONS,
    ID_ANNOTATION,
    NAME_ANNOTATION,
    REFUSALS,
    Decision,
    read_decision,
    read_refusal,
)

FORMER_USER = "tenancy.pangeo/former-user"
"""Annotation of a kept volume: the name of the user whose home it was."""

FORMER_ID = "tenancy.pangeo/former-user-id"
"""Annotation of a kept volume: the former user's ``ipaUniqueID``; empty if it was not known."""

VOLUMES = "/api/v1/persistentvolumes"


@dataclass(frozen=True)
class Home:
    """A volume claim of a user."""

    claim: str
    uid: str
    user: str
    user_id: str
    """The ``ipaUniqueID`` that it is bound to; empty if it is not bound."""
    volume: str
    """Name of the PersistentVolume; empty if there is none."""


@dataclass(frozen=True)
class KeptVolume:
    """A volume with the home of a former user."""

    name: str
    claim: str
    user: str
    user_id: str


@dataclass(frozen=True)
class Names:
    """To whom the user names of a tenancy belong."""

    homes: tuple[Home, ...] = ()
    refusals: Mapping[str, Any] | None = None
    """Data of the ConfigMap of refused log-ins."""
    decisions: Mapping[str, Any] | None = None
    """Data of the ConfigMap of decisions."""

    def homes_of(self, user: str) -> tuple[Home, ...]:
        """Return the homes of the user."""
        return tuple(home for home in self.homes if home.user == user)

    def decision(self, user: str) -> Decision | None:
        """Return the decision about the user's name."""
        return read_decision(self.decisions, user)

    def other_ids(self, user: str, user_id: str) -> frozenset[str]:
        """Return the ids of other accounts that the user's name is bound to, so that the hub refuses this account."""
        homes = {home.user_id for home in self.homes_of(user) if home.user_id not in ("", user_id)}
        refusal = read_refusal(self.refusals, user)
        decision = self.decision(user)
        is_decided = decision is not None and decision.user_id == user_id
        refused = set(refusal[1]) if refusal and refusal[0] == user_id and not is_decided else set()
        return frozenset(homes | (refused - {user_id}))


def config_map(namespace: str, name: str) -> ObjectPath:
    """Return the place of a ConfigMap."""
    return ObjectPath("ConfigMap", f"/api/v1/namespaces/{namespace}/configmaps", name, namespace)


def claim_path(namespace: str, name: str) -> ObjectPath:
    """Return the place of a volume claim."""
    collection = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims"
    return ObjectPath("PersistentVolumeClaim", collection, name, namespace)


def volume_path(name: str) -> ObjectPath:
    """Return the place of a volume."""
    return ObjectPath("PersistentVolume", VOLUMES, name)


def read_names(api: ReadWriteApi, namespace: str) -> Names:
    """Read to whom the user names belong.

    Raises:
        CannotAsk: the cluster gives no answer.
    """
    claims = api.get(f"/api/v1/namespaces/{namespace}/persistentvolumeclaims").get("items") or []
    return Names(
        homes=tuple(read_homes(claims)),
        refusals=_data(api, namespace, REFUSALS),
        decisions=_data(api, namespace, DECISIONS),
    )


def read_kept_volumes(api: ReadWriteApi, namespace: str, user: str) -> list[KeptVolume]:
    """Return the volumes that were kept of former users of this name.

    Raises:
        CannotAsk: the cluster gives no answer.
    """
    claims = api.get(f"/api/v1/namespaces/{namespace}/persistentvolumeclaims").get("items") or []
    volumes = api.get(VOLUMES).get("items") or []
    return [each for each in _kept(volumes, claims, namespace) if each.user == user]


def read_homes(claims: Iterable[Mapping[str, Any]]) -> Iterator[Home]:
    """Yield the homes among the claims of a namespace, in the order of their names. Pure.

    KubeSpawner names a claim's user in an annotation. A claim that was made by hand may have a usual name only.
    """
    for claim in sorted(claims, key=lambda each: str(each["metadata"]["name"])):
        metadata = claim["metadata"]
        name, annotations = str(metadata["name"]), metadata.get("annotations") or {}
        prefix, _, rest = name.partition("-")
        user = annotations.get(NAME_ANNOTATION) or (rest if prefix == "claim" else "")
        if user:
            volume = str((claim.get("spec") or {}).get("volumeName") or "")
            yield Home(name, str(metadata["uid"]), str(user), str(annotations.get(ID_ANNOTATION) or ""), volume)


def pods_with(api: ReadWriteApi, namespace: str, claims: Sequence[str]) -> list[Mapping[str, Any]]:
    """Return the pods that mount one of the claims.

    Raises:
        CannotAsk: the cluster gives no answer.
    """
    pods = api.get(f"/api/v1/namespaces/{namespace}/pods").get("items") or []
    return [pod for pod in pods if not _mounted(pod).isdisjoint(claims)]


def _mounted(pod: Mapping[str, Any]) -> set[str]:
    volumes = (pod.get("spec") or {}).get("volumes") or []
    return {str((volume.get("persistentVolumeClaim") or {}).get("claimName")) for volume in volumes}


def _kept(
    volumes: Iterable[Mapping[str, Any]], claims: Iterable[Mapping[str, Any]], namespace: str
) -> Iterator[KeptVolume]:
    """Yield the volumes that are kept, without those that a claim has, whose marks are from before."""
    bound = {str(claim["metadata"]["uid"]) for claim in claims}
    for volume in volumes:
        annotations = volume["metadata"].get("annotations") or {}
        claim = (volume.get("spec") or {}).get("claimRef") or {}
        is_kept = FORMER_USER in annotations and claim.get("uid") not in bound
        if is_kept and claim.get("namespace") == namespace:
            name, user = str(volume["metadata"]["name"]), str(annotations[FORMER_USER])
            yield KeptVolume(name, str(claim.get("name")), user, str(annotations.get(FORMER_ID) or ""))


def _data(api: ReadWriteApi, namespace: str, name: str) -> Mapping[str, Any] | None:
    found = find_object(api, config_map(namespace, name))
    return None if found is None else found.get("data")
