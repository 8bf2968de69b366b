"""Objects that exist in the cluster under the names that a deployment uses: its own, adopted, or refused. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self

from components.ownership.mark import ANNOTATION, Mark, Owner, read_mark

ADOPT_KEY = "kubernetes.existingNamespace"
ADOPT_COMMAND = f"pulumi config set --path pangeo:{ADOPT_KEY} adopt"

Standing = Literal["first", "older", "marked"]
"""The stack's state: none yet, of a version that made no marks, or with a deployment's id."""

Permission = Literal["refuse", "adopt"]

_KINDS = {
    "Namespace": "the namespace",
    "StorageClass": "the storage class",
    "Ingress": "the Ingress",
    "Middleware": "the Middleware",
    "PersistentVolume": "the volume",
    "PersistentVolumeClaim": "the volume claim",
    "PrometheusRule": "the PrometheusRule",
    "Secret": "the Secret",
    "Service": "the Service",
    "ServiceMonitor": "the ServiceMonitor",
}
_ADOPTABLE = ("Namespace", "StorageClass", "PersistentVolume", "PersistentVolumeClaim")
"""Kinds that are kept by a destroy. Objects of other kinds are deleted by it, so only marked ones are taken over."""


@dataclass(frozen=True)
class FoundObject:
    """An object in the cluster."""

    kind: str
    name: str
    namespace: str
    """Empty for an object without a namespace."""
    uid: str
    mark: str
    """Text of its mark; empty if it has none."""
    deletion: str
    """Time at which its deletion was requested; empty otherwise."""

    @classmethod
    def of(cls, live: Mapping[str, Any], kind: str) -> Self:
        """Return the facts about an object of the API."""
        metadata = live["metadata"]
        return cls(
            kind=kind,
            name=str(metadata["name"]),
            namespace=str(metadata.get("namespace") or ""),
            uid=str(metadata["uid"]),
            mark=str((metadata.get("annotations") or {}).get(ANNOTATION) or ""),
            deletion=str(metadata.get("deletionTimestamp") or ""),
        )

    @classmethod
    def from_props(cls, props: Mapping[str, Any]) -> Self:
        """Read back the result of :meth:`as_props`."""
        return cls(**{name: str(props[name]) for name in cls.__dataclass_fields__})

    def as_props(self) -> dict[str, str]:
        """Return the object as properties of a resource."""
        return asdict(self)

    @property
    def key(self) -> str:
        """Name in the state, e.g. ``Ingress vis/pangeo``."""
        return f"{self.kind} {f'{self.namespace}/' if self.namespace else ''}{self.name}"

    def __str__(self) -> str:
        return f"{_KINDS[self.kind]} {f'{self.namespace}/' if self.namespace else ''}{self.name}"


@dataclass(frozen=True)
class TakenOver:
    """An object without this deployment's mark that it uses nevertheless. Kept in the stack's state.

    The mark is written later, by the ``up`` itself. If that is interrupted, the next one recognises the object by this.
    """

    uid: str
    mark: str
    """Text of the mark that it had; empty if it had none."""
    adopted: bool
    """Whether it belonged to others. It is then never deleted."""

    @classmethod
    def from_props(cls, props: Mapping[str, Any]) -> Self:
        """Read back the result of :meth:`as_props`."""
        return cls(str(props["uid"]), str(props["mark"]), bool(props["adopted"]))

    def as_props(self) -> dict[str, Any]:
        """Return the object as properties of a resource."""
        return asdict(self)


@dataclass(frozen=True)
class Decision:
    """What becomes of the objects that exist."""

    taken_over: Mapping[str, TakenOver]
    """By :attr:`FoundObject.key`."""
    refusals: tuple[str, ...] = ()


def decide(
    found: Sequence[FoundObject],
    owner: Owner,
    *,
    standing: Standing,
    permission: Permission,
    taken_over: Mapping[str, TakenOver],
) -> Decision:
    """Return which existing objects the deployment may use, with a message for each other one.

    Args:
        found: the objects that exist.
        owner: the deployment.
        standing: the stack's state before this run.
        permission: whether the operator allows to adopt the objects of others.
        taken_over: the objects that earlier runs took over.
    """
    decision = Decision(dict(taken_over))
    for each in found:
        decision = _add(decision, each, owner, standing, permission)
    return decision


def is_adopted(found: FoundObject, taken_over: Mapping[str, TakenOver]) -> bool:
    """Return whether the object belonged to others before the deployment."""
    entry = taken_over.get(found.key)
    return entry is not None and entry.uid == found.uid and entry.adopted


def _add(decision: Decision, found: FoundObject, owner: Owner, standing: Standing, permission: Permission) -> Decision:
    if found.deletion:
        return _refused(
            decision, f"{found} is being deleted since {found.deletion}; wait until it is gone, then run this again"
        )
    mark = read_mark(found.mark)
    if mark is not None and mark.belongs_to(owner):
        return decision
    known = decision.taken_over.get(found.key)
    if known is not None and known.uid == found.uid:
        if found.mark in ("", known.mark):
            return decision
        return _refused(decision, _message(found, mark))
    if mark is None and standing == "older":
        return _taken(decision, found, adopted=False)
    if permission == "adopt" and (found.kind in _ADOPTABLE or _of_this_program(mark, owner)):
        return _taken(decision, found, adopted=found.kind in _ADOPTABLE)
    return _refused(decision, _message(found, mark))


def _of_this_program(mark: Mark | None, owner: Owner) -> bool:
    return mark is not None and mark.owner.cluster == owner.cluster


def _taken(decision: Decision, found: FoundObject, *, adopted: bool) -> Decision:
    entry = TakenOver(found.uid, found.mark, adopted)
    return replace(decision, taken_over={**decision.taken_over, found.key: entry})


def _refused(decision: Decision, message: str) -> Decision:
    return replace(decision, refusals=(*decision.refusals, message))


def _message(found: FoundObject, mark: Mark | None) -> str:
    if mark is None:
        owner = (
            f"it has no mark ({ANNOTATION}), so it was not created by this program, or by a version before 0.3"
            if not found.mark
            else f"its mark ({ANNOTATION}) is not one of this program: {found.mark!r}"
        )
    else:
        owner = f"it belongs to {mark}"
    return f"{found} exists already, and {owner}; {_fix(found, mark)}"


def _fix(found: FoundObject, mark: Mark | None) -> str:
    match found.kind:
        case "Namespace":
            return f"choose another clusterName, or, to use this namespace with all that is in it: {ADOPT_COMMAND}"
        case "StorageClass":
            return (
                f"choose another clusterName, or replace storage.create by storage.className: {found.name}, or, to let "
                f"this stack change the class: {ADOPT_COMMAND}"
            )
        case "PersistentVolumeClaim":
            return (
                "give the shared folder another name, or, to mount this claim as it is, replace create or nfs by "
                f"claim: {found.name}"
            )
        case "PersistentVolume":
            return (
                "give the shared folder another name, or, if nothing uses this volume, delete it (the files of the "
                f"NFS server are kept): kubectl delete pv {found.name}"
            )
        case kind:
            delete = f"kubectl delete {kind.lower()} {found.name} --namespace {found.namespace}"
            adopt = "" if mark is None else f", or, to use it: {ADOPT_COMMAND}"
            return f"choose another clusterName, or delete it if nothing needs it: {delete}{adopt}"
