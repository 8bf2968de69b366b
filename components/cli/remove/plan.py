"""What remains of a destroyed tenancy, and which of it may be deleted. Pure."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from components.cluster.identity import ClusterId
from components.config.types import format_count
from components.ownership.existing import FoundObject
from components.ownership.mark import Mark, read_mark

NAMES_SHOWN = 20
"""Number of users, or volumes, that are listed by name."""


@dataclass(frozen=True)
class Volume:
    """A volume claim in the namespace."""

    claim: str
    user: str
    """The user whose home it is; empty for other volumes, such as the hub's database."""
    volume: str
    """Name of the PersistentVolume; empty if none is bound."""
    outlives_claim: bool
    """Whether the reclaim policy is Retain."""
    is_of_hub: bool = True
    """Whether it is a home or the hub's database."""
    mark: str = ""
    """Text of its mark, which the claims of shared folders have; empty if it has none."""


@dataclass(frozen=True)
class GroupFound:
    """The FreeIPA group of the tenancy."""

    name: str
    description: str
    members_count: int

    def __str__(self) -> str:
        return f"the FreeIPA group {self.name}"


@dataclass(frozen=True)
class Remains:
    """What exists under the names of the tenancy."""

    cluster: ClusterId
    objects: tuple[FoundObject, ...] = ()
    """The namespace and the storage class."""
    volumes: tuple[Volume, ...] = ()
    """Volume claims in the namespace."""
    releases: tuple[str, ...] = ()
    """Helm releases in the namespace."""
    group: GroupFound | None = None


@dataclass(frozen=True)
class Refused:
    """Nothing may be deleted."""

    reason: str
    fix: str


@dataclass(frozen=True)
class Plan:
    """What is deleted and what is left."""

    objects: tuple[FoundObject, ...] = ()
    """In the order in which they are deleted."""
    group: GroupFound | None = None
    lines: tuple[str, ...] = field(default=(), compare=False)
    """Description for the operator."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is deleted."""
        return not self.objects and self.group is None


def plan_removal(remains: Remains, stack: str, cluster_name: str, resources: Collection[str]) -> Plan | Refused:
    """Return what to delete, or why nothing may be deleted.

    Only what a destroy of this stack kept is deleted. Something without a mark is left: it was adopted, or comes from a
    version before 0.3.

    Args:
        remains: what exists.
        stack: the stack's name.
        cluster_name: the tenancy's name.
        resources: the types of the resources in the stack's state.
    """
    if resources:
        return Refused(
            f"the state of the stack {stack} still has {len(resources)} resources",
            f"first run: pulumi destroy --stack {stack}",
        )
    found: list[FoundObject | GroupFound] = [*remains.objects, *([remains.group] if remains.group else [])]
    for each in found:
        mark = _mark(each)
        if mark is not None and not _is_kept_by(mark, stack, remains.cluster):
            return Refused(
                f"{each} was not kept by a destroy of this stack: it belongs to {mark}",
                "run this command for that stack, with the kubeconfig of its cluster",
            )
    if remains.releases:
        return Refused(
            f"Helm releases are in the namespace {cluster_name}: {', '.join(remains.releases)}",
            f"if they are not needed, uninstall them, for example: helm uninstall {remains.releases[0]} --namespace "
            f"{cluster_name}",
        )
    own = [each for each in found if _mark(each) is not None]
    others = [each.claim for each in remains.volumes if not (each.is_of_hub or _is_folder(each, stack, remains))]
    if others and _has_namespace(own):
        return Refused(
            f"volume claims that this stack did not create are in the namespace {cluster_name}: {', '.join(others)}",
            "copy the files that are needed, then delete the claims, for example: kubectl delete pvc "
            f"{others[0]} --namespace {cluster_name}",
        )
    left = [each for each in found if _mark(each) is None]
    return Plan(
        objects=tuple(each for each in own if isinstance(each, FoundObject)),
        group=next((each for each in own if isinstance(each, GroupFound)), None),
        lines=(*_deleted(remains, own), *_left(remains, own, left)),
    )


def _mark(found: FoundObject | GroupFound) -> Mark | None:
    return read_mark(found.mark if isinstance(found, FoundObject) else found.description)


def _is_kept_by(mark: Mark, stack: str, cluster: ClusterId) -> bool:
    return mark.is_kept and mark.owner.stack == stack and mark.owner.cluster == cluster.uid


def _has_namespace(found: Sequence[FoundObject | GroupFound]) -> bool:
    return any(isinstance(each, FoundObject) and each.kind == "Namespace" for each in found)


def _is_folder(volume: Volume, stack: str, remains: Remains) -> bool:
    """Return whether it is the claim of a shared folder of this stack; also one that is no longer in the stack file."""
    mark = read_mark(volume.mark)
    return mark is not None and mark.owner.stack == stack and mark.owner.cluster == remains.cluster.uid


def _deleted(remains: Remains, own: Sequence[FoundObject | GroupFound]) -> Iterator[str]:
    if not own:
        yield "nothing is left that a destroy of this stack kept"
        return
    yield "This deletes, and cannot be undone:"
    for each in own:
        if isinstance(each, GroupFound):
            yield f"  {each} with {format_count(each.members_count, 'member')}"
        elif each.kind == "Namespace":
            homes = [volume.user for volume in remains.volumes if volume.user]
            folders = [volume.claim for volume in remains.volumes if not volume.is_of_hub]
            others = [volume.claim for volume in remains.volumes if volume.is_of_hub and not volume.user]
            yield f"  {each} with {format_count(len(homes), 'home')}{_names(homes)}"
            if folders:
                yield f"    and {format_count(len(folders), 'shared folder')}{_names(folders)}"
            if others:
                yield f"    and {format_count(len(others), 'other volume')}{_names(others)}"
        else:
            yield f"  {each}"


def _left(
    remains: Remains, own: Sequence[FoundObject | GroupFound], left: Sequence[FoundObject | GroupFound]
) -> Iterator[str]:
    if left:
        yield "This is left, because it has no mark of this stack: it was adopted, or kept by a version before 0.3:"
        yield from (f"  {each}" for each in left)
    is_deleted = _has_namespace(own)
    retained = [each for each in remains.volumes if each.outlives_claim and each.volume]
    if is_deleted and retained:
        yield (
            "These volumes have the reclaim policy Retain, so they and their files are left. Delete them, and then the "
            "disks behind them in your cloud:"
        )
        yield from (f"  kubectl delete pv {each.volume}  # {each.user or each.claim}" for each in retained)


def _names(names: Sequence[str]) -> str:
    if not names:
        return ""
    more = len(names) - NAMES_SHOWN
    return f": {', '.join(names[:NAMES_SHOWN])}{f' and {more} more' if more > 0 else ''}"
