"""The deletion of one home: what is deleted, or why nothing may be deleted. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from components.cli.homes.amounts import UNKNOWN, format_gb, format_time, format_use
from components.cli.homes.home import Home
from components.cli.homes.owners import Absence, Owner
from components.cluster.identity import ClusterId
from components.ownership.mark import read_mark

DELETE, RETAIN = "Delete", "Retain"
"""Reclaim policies."""

EVEN_IF_MEMBER = "; or add --even-if-member"
"""End of the fix for the home of a member."""

START_SECONDS = 300
"""Time after the record of a start in which the server's pod may not exist yet."""


@dataclass(frozen=True)
class Namespace:
    """Facts about the tenancy's namespace that show whose homes are in it."""

    name: str
    mark: str
    """Text of its owner's mark; empty if it has none."""
    has_release: bool
    """Whether the tenancy's Helm release is in it."""


@dataclass(frozen=True)
class Request:
    """The operator's request."""

    stack: str
    user: str
    home: str = ""
    """Name of the claim or volume; empty if the user has only one home to delete."""
    even_if_member: bool = False


@dataclass(frozen=True)
class Refused:
    """Nothing may be deleted."""

    reason: str
    fix: str
    home: Home | None = field(default=None, compare=False)
    """The home that was meant, if it is one of the hub's."""


@dataclass(frozen=True)
class Plan:
    """The deletion of a home."""

    home: Home
    lines: tuple[str, ...] = field(default=(), compare=False)
    """Description for the operator."""

    @property
    def key(self) -> tuple[Any, ...]:
        """The facts that must be the same when the home is deleted as when the operator agreed."""
        home = self.home
        use = home.last_start, home.archive, home.restoring
        return home.name, home.uid, home.owner, *use, home.volume and (home.volume.uid, home.volume.policy)


def plan_deletion(
    request: Request,
    namespace: Namespace,
    cluster: ClusterId,
    homes: Sequence[Home],
    absences: Mapping[Owner, Absence],
    now: datetime,
) -> Plan | Refused:
    """Return what to delete, or why nothing may be deleted.

    Args:
        request: the request.
        namespace: the namespace.
        cluster: the cluster.
        homes: the homes of the user of this name.
        absences: the owners that do not use their homes any more.
        now: the time.
    """
    if refused := _check_namespace(request, namespace, cluster):
        return refused
    home = _choose(request, namespace, homes, absences)
    if isinstance(home, Refused):
        return home
    if not home.is_of_hub:
        return Refused(
            f"the claim {home.claim} has no marks of a home of this tenancy's hub, so it may belong to others",
            f"if it is no longer needed: kubectl delete pvc {home.claim} --namespace {namespace.name}",
        )
    refused = _check_home(request, namespace, home, absences.get(home.owner), now)
    return refused or Plan(home, tuple(_lines(home, absences.get(home.owner))))


def _check_home(
    request: Request, namespace: Namespace, home: Home, absence: Absence | None, now: datetime
) -> Refused | None:
    if home.claim and (absence is None or absence.is_admitted) and not request.even_if_member:
        admitted = "may log in" if absence is None else f"may log in: {absence.reason}"
        return Refused(
            f"the owner of {home.name} {admitted}",
            f"first: python -m components members remove {request.stack} {request.user}{EVEN_IF_MEMBER}",
            home,
        )
    if home.pods:
        return Refused(f"{home.name} is in use by {', '.join(home.pods)}", _stop(request, namespace, home), home)
    if _may_be_starting(home, now):
        return Refused(
            f"a server with {home.name} was started at {_at(home.last_start)}, so its pod may still be created",
            f"try again {START_SECONDS // 60} minutes after that",
            home,
        )
    return None


def _may_be_starting(home: Home, now: datetime) -> bool:
    """Return whether a pod of a recorded start may still be created; the end of the access also ends starts."""
    if home.last_start is None or home.deletion or (home.away_since and home.away_since > home.last_start):
        return False
    return now - home.last_start < timedelta(seconds=START_SECONDS)


def _check_namespace(request: Request, namespace: Namespace, cluster: ClusterId) -> Refused | None:
    mark = read_mark(namespace.mark)
    if mark is not None and (mark.owner.cluster != cluster.uid or mark.owner.stack != request.stack):
        return Refused(
            f"the namespace {namespace.name} belongs to {mark}",
            "run this command for that stack, with the kubeconfig of its cluster",
        )
    if mark is None and not namespace.has_release:
        return Refused(
            f"the namespace {namespace.name} has neither an owner's mark nor the Helm release of this stack",
            "check the kubeconfig; a tenancy that was destroyed is deleted with: python -m components remove "
            f"{request.stack}",
        )
    return None


def _choose(
    request: Request, namespace: Namespace, homes: Sequence[Home], absences: Mapping[Owner, Absence]
) -> Home | Refused:
    list_command = f"python -m components members list {request.stack}"
    if request.home:
        if home := next((each for each in homes if each.name == request.home), None):
            return home
        names = ", ".join(each.name for each in homes) or "none"
        return Refused(f"{request.user} has no home {request.home}; there are: {names}", list_command)
    if not homes:
        return Refused(f"{request.user} has no home in the namespace {namespace.name}", list_command)
    unused = [each for each in homes if not each.claim or each.owner in absences]
    chosen = homes if len(homes) == 1 else unused
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(each.name for each in homes)
    return Refused(f"{request.user} has several homes: {names}", "name one with --home")


def _stop(request: Request, namespace: Namespace, home: Home) -> str:
    if home.server:
        return f"stop the server: python -m components members remove {request.stack} {request.user}"
    return f"wait until this has ended: kubectl describe pod {home.pods[0]} --namespace {namespace.name}"


def _lines(home: Home, absence: Absence | None) -> Iterator[str]:
    account = f"the FreeIPA account {home.user_id}" if home.user_id else "an account that is not known"
    reason = f": {absence.reason}" if absence else ""
    yield "This deletes, and cannot be undone:"
    if home.claim:
        yield f"  the home {home.claim} of {home.user}, of {account}{reason}"
        yield (
            f"    {format_gb(home.size)} GB, used GB {format_use(home)}, last start {_at(home.last_start)}, away since "
            f"{_at(home.away_since)}"
        )
    else:
        yield f"  what is left of a home of {home.user}, of {account}: its claim is deleted already"
    if home.volume:
        yield f"    its volume {home.volume.name} with all files, {format_gb(home.size)} GB"
        if home.volume.policy != DELETE and home.volume.is_provisioned:
            yield (
                f"      its reclaim policy is {home.volume.policy}, which would keep the files; it is set to {DELETE}"
            )
        elif not home.volume.is_provisioned:
            yield (
                "      Kubernetes did not make this volume and does not delete its files: they are left in your storage"
            )
    if home.deletion:
        yield f"  This deletion began at {home.deletion}; if it is not confirmed, it is lifted"


def _at(time: datetime | None) -> str:
    return UNKNOWN if time is None else f"{format_time(time)} UTC"
