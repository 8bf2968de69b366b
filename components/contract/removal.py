"""End of a deployment: what becomes of its namespace, storage class and shared folders after ``pulumi destroy``.

The engine never deletes any of them, so no ``up`` can. The contract, which is deleted last, does what the stack's
state says: with ``protect``, it marks them as kept; without, it deletes those that this deployment created. A
namespace is deleted with everything in it, so it is kept while others have something there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

from components.cluster.errors import CannotAsk, Refused
from components.cluster.identity import ClusterId, read_cluster_id
from components.cluster.objects import (
    ObjectPath,
    claim_path,
    delete_object,
    find_object,
    namespace_path,
    read_claims,
    set_annotation,
    storage_class_path,
    volume_path,
)
from components.cluster.releases import installed_releases
from components.contract.folders import CLAIM
from components.contract.inputs import Props, taken_over
from components.ownership.claims import is_of_hub
from components.ownership.existing import FoundObject, TakenOver, is_adopted
from components.ownership.mark import ANNOTATION, Mark, Owner, read_mark

if TYPE_CHECKING:
    from components.cluster.client import ReadWriteApi


class Fate(Enum):
    """What becomes of an object."""

    LEAVE = "it belongs to others"
    UNMARK = "it was adopted"
    KEEP = "it is protected"
    DELETE = "it is not protected"


class RemovalRefused(Exception):
    """An object must not be deleted yet. The text is for the operator."""


def fate(found: FoundObject, owner: Owner, *, protect: bool, taken_over: Mapping[str, TakenOver]) -> Fate:
    """Return what becomes of an object at the end of the deployment ``owner``.

    An object whose mark an interrupted ``up`` has not written yet is recognised by its entry in ``taken_over``.
    """
    mark = read_mark(found.mark)
    is_marked = mark is not None and (mark.owner.cluster, mark.owner.deployment) == (owner.cluster, owner.deployment)
    entry = taken_over.get(found.key)
    is_known = entry is not None and (entry.uid, entry.mark) == (found.uid, found.mark)
    if is_adopted(found, taken_over):
        return Fate.UNMARK if is_marked else Fate.LEAVE
    if not is_marked and not is_known:
        return Fate.LEAVE
    return Fate.KEEP if protect else Fate.DELETE


def owner_of(props: Props) -> Owner:
    """Return the deployment in the contract's properties."""
    return Owner(props["owner"]["stack"], props["cluster"]["uid"], props["owner"]["deployment"])


def places(props: Props, claims: Sequence[Mapping[str, Any]] = ()) -> Iterator[ObjectPath]:
    """Return the places of the objects that outlive a destroy, in the order of their deletion.

    They are the namespace, a storage class of the program, and the claims and volumes of shared folders, also of those
    that are no longer in the stack file. The volume of an NFS export only names the export: its deletion deletes no
    files.

    Args:
        props: the contract's properties.
        claims: the claims in the namespace.
    """
    yield from dict.fromkeys([*_places_of_settings(props), *_places_of_claims(props, claims)])


def _places_of_settings(props: Props) -> Iterator[ObjectPath]:
    yield namespace_path(props["namespace"])
    settings = props["settings"]
    if settings.get("createdClass"):
        yield storage_class_path(settings["storageClass"])
    folders = settings.get("sharedFolders") or {}
    for _, folder in sorted(folders.items()):
        if folder["source"] != CLAIM:
            yield claim_path(props["namespace"], folder["claim"])
        if folder.get("volume"):
            yield volume_path(folder["volume"])


def _places_of_claims(props: Props, claims: Sequence[Mapping[str, Any]]) -> Iterator[ObjectPath]:
    for claim in claims:
        if not (claim["metadata"].get("annotations") or {}).get(ANNOTATION):
            continue
        yield claim_path(props["namespace"], claim["metadata"]["name"])
        spec = claim.get("spec") or {}
        # Provisioners create the volumes of all other claims, and give them no mark.
        if spec.get("storageClassName") == "" and spec.get("volumeName"):
            yield volume_path(spec["volumeName"])


def end_deployment(api: "ReadWriteApi", props: Props, report: Callable[[str], None]) -> None:
    """Mark, unmark or delete the objects that outlive a destroy.

    Args:
        api: the deployment's cluster.
        props: the contract's properties.
        report: receives messages about the progress.

    Raises:
        CannotAsk: the cluster is another one, gives no answer, or refuses a change.
        RemovalRefused: a Helm release, or a claim of others, is still in the namespace that is to be deleted.
    """
    deployed = ClusterId.from_props(props["cluster"])
    current = read_cluster_id(api)
    if current.uid != deployed.uid:
        raise CannotAsk(f"the kubeconfig leads to another cluster, {current}; this stack is deployed in {deployed}")
    owner, entries, protect = owner_of(props), taken_over(props), bool(props.get("protect", True))
    claims = _read_claims(api, props["namespace"], report, protect=protect)
    for place in places(props, claims):
        live = find_object(api, place)
        if live is None:
            continue
        found = FoundObject.of(live, place.kind)
        match fate(found, owner, protect=protect, taken_over=entries):
            case Fate.KEEP if not found.deletion:
                set_annotation(api, place, found.uid, ANNOTATION, str(Mark(owner, is_kept=True)))
            case Fate.UNMARK if not found.deletion:
                set_annotation(api, place, found.uid, ANNOTATION, None)
            case Fate.DELETE:
                if found.kind == "Namespace":
                    _refuse_objects_of_others(api, found, owner, entries, claims)
                delete_object(api, place, found.uid, report)


def _read_claims(
    api: "ReadWriteApi", namespace: str, report: Callable[[str], None], *, protect: bool
) -> list[Mapping[str, Any]]:
    """Return the claims in the namespace; with ``protect``, none if the account may not list them.

    A protected destroy deletes nothing, and the claims of the folders in the state are known without the list.
    """
    try:
        return read_claims(api, namespace)
    except Refused as error:
        if not protect:
            raise
        report(f"claims of shared folders that were removed from the stack file are not marked as kept: {error}")
        return []


def _refuse_objects_of_others(
    api: "ReadWriteApi",
    namespace: FoundObject,
    owner: Owner,
    entries: Mapping[str, TakenOver],
    claims: Sequence[Mapping[str, Any]],
) -> None:
    reasons: list[str] = []
    if releases := installed_releases(api, namespace.name):
        reasons.append(
            f"Helm releases are in it: {', '.join(releases)}; uninstall them, for example with: "
            f"helm uninstall {releases[0]} --namespace {namespace.name}"
        )
    if others := list(_claims_of_others(claims, owner, entries)):
        reasons.append(
            f"volume claims are in it that this deployment did not create: {', '.join(others)}; copy their files, and "
            f"delete them, for example with: kubectl delete pvc {others[0]} --namespace {namespace.name}; or keep the "
            "namespace with all homes: set pangeo:protect to true, then run pulumi up and pulumi destroy"
        )
    if reasons:
        raise RemovalRefused(f"{namespace} is not deleted, because {'; and because '.join(reasons)}")


def _claims_of_others(
    claims: Sequence[Mapping[str, Any]], owner: Owner, entries: Mapping[str, TakenOver]
) -> Iterator[str]:
    for claim in claims:
        found = FoundObject.of(claim, "PersistentVolumeClaim")
        if not is_of_hub(claim) and fate(found, owner, protect=False, taken_over=entries) is not Fate.DELETE:
            yield found.name


def attempt(props: Mapping[str, Any]) -> str:
    """Return a description of what :func:`end_deployment` does, for messages."""
    verb = "marking as kept" if props.get("protect", True) else "deleting"
    return f"{verb}: {', '.join(map(str, places(dict(props))))}"
