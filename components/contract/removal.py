"""End of a deployment: what becomes of its namespace, storage class and shared folders after ``pulumi destroy``.

The engine never deletes any of them, so no ``up`` can. The contract, which is deleted last, does what the stack's
state says: with ``protect``, it marks them as kept; without, it deletes those that this deployment created.
"""

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

from components.cluster.errors import CannotAsk
from components.cluster.identity import ClusterId, read_cluster_id
from components.cluster.objects import (
    ObjectPath,
    claim_path,
    delete_object,
    find_object,
    namespace_path,
    set_annotation,
    storage_class_path,
    volume_path,
)
from components.cluster.releases import installed_releases
from components.contract.folders import CLAIM
from components.contract.inputs import Props, taken_over
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


def places(props: Props) -> Iterator[ObjectPath]:
    """Return the places of the objects that outlive a destroy, in the order of their deletion.

    They are the namespace, a storage class of the program, and the claims and volumes of shared folders. The volume of
    an NFS export only names the export: its deletion deletes no files.
    """
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


def end_deployment(api: "ReadWriteApi", props: Props, report: Callable[[str], None]) -> None:
    """Mark, unmark or delete the objects that outlive a destroy.

    Args:
        api: the deployment's cluster.
        props: the contract's properties.
        report: receives messages about the progress.

    Raises:
        CannotAsk: the cluster is another one, gives no answer, or refuses a change.
        RemovalRefused: a Helm release is still in the namespace that is to be deleted.
    """
    deployed = ClusterId.from_props(props["cluster"])
    current = read_cluster_id(api)
    if current.uid != deployed.uid:
        raise CannotAsk(f"the kubeconfig leads to another cluster, {current}; this stack is deployed in {deployed}")
    owner = owner_of(props)
    for place in places(props):
        live = find_object(api, place)
        if live is None:
            continue
        found = FoundObject.of(live, place.kind)
        match fate(found, owner, protect=bool(props.get("protect", True)), taken_over=taken_over(props)):
            case Fate.KEEP if not found.deletion:
                set_annotation(api, place, found.uid, ANNOTATION, str(Mark(owner, is_kept=True)))
            case Fate.UNMARK if not found.deletion:
                set_annotation(api, place, found.uid, ANNOTATION, None)
            case Fate.DELETE:
                _delete(api, place, found, report)


def _delete(api: "ReadWriteApi", place: ObjectPath, found: FoundObject, report: Callable[[str], None]) -> None:
    if found.kind == "Namespace":
        releases = installed_releases(api, found.name)
        if releases:
            raise RemovalRefused(
                f"{found} is not deleted, because Helm releases are in it: {', '.join(releases)}; uninstall them, for "
                f"example with: helm uninstall {releases[0]} --namespace {found.name}"
            )
    delete_object(api, place, found.uid, report)


def attempt(props: Mapping[str, Any]) -> str:
    """Return a description of what :func:`end_deployment` does, for messages."""
    verb = "marking as kept" if props.get("protect", True) else "deleting"
    return f"{verb}: {', '.join(map(str, places(dict(props))))}"
