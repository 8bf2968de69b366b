"""The command ``members delete-home``. It can be repeated after an interruption, and finishes what is missing.

A mark on the claim comes first: the hub, which records each start on the same claim, then starts no server with it.
Only after the mark are pods and the membership read for the last time. The claim is deleted only if nobody changed it
after that, so a user who is admitted again meanwhile keeps the home or gets a new one, and never loses files that
were written after the question. If nothing is deleted, the mark is lifted; after a kill, the hub ignores it once it is
old.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from components.cli import audit_log
from components.cli.accept.facts import FORMER_ID, FORMER_USER
from components.cli.audit_log import BEGUN, NOT_KNOWN, AuditLog
from components.cli.homes.deletion_plan import Namespace, Plan, Refused, Request, plan_deletion
from components.cli.homes.facts import read_homes
from components.cli.homes.home import Home
from components.cli.homes.owners import find_absences
from components.cli.homes.volume_deletion import delete_volume
from components.cli.members import Group, MembersRefused, new_entry, prepare_log, record
from components.cluster.client import ReadWriteApi, connect_to_cluster
from components.cluster.errors import CannotAsk
from components.cluster.identity import read_cluster_id
from components.cluster.kubeconfig import find_kubeconfig
from components.cluster.objects import (
    change_object,
    claim_path,
    delete_object,
    find_object,
    namespace_path,
    volume_path,
)
from components.cluster.releases import latest_revision
from components.in_hub.home_marks import (
    ARCHIVE,
    ARCHIVE_BEGUN,
    ARCHIVED_AT,
    DELETION_BEGUN,
    LAST_START,
    read_mark_time,
)
from components.in_hub.removed_users import CannotCompare
from components.ownership.existing import FoundObject


class _StartedMeanwhile(Exception):
    """A server was started with the home after it was read."""


@dataclass(frozen=True)
class Deletion:
    """The deletion of a home of one user."""

    group: Group
    request: Request
    api: ReadWriteApi
    report: Callable[[str], None]
    is_used_by: Callable[[str], bool] = lambda pod: True
    """Whether a pod that mounts the home counts, by its name."""

    @property
    def namespace(self) -> str:
        """The tenancy's namespace."""
        return self.group.tenancy.namespace

    def plan(self) -> Plan | Refused:
        """Read everything that decides about the deletion.

        Raises:
            CannotAsk: the cluster gives no answer.
            FreeIpaError: the directory could not be read.
            MembersRefused: the directory does not show who may log in.
        """
        found = find_object(self.api, namespace_path(self.namespace))
        homes = [] if found is None else read_homes(self.api, self.namespace)
        own = [self._used(home) for home in homes if home.user == self.request.user]
        try:
            absences = find_absences(self.group, {home.owner for home in own if home.claim})
        except CannotCompare as failure:
            raise MembersRefused(f"nothing was changed: who may log in is not known: {failure}") from None
        revision = latest_revision(self.api, self.group.tenancy.release, self.namespace) if found else None
        namespace = Namespace(
            self.namespace, FoundObject.of(found, "Namespace").mark if found else "", revision is not None
        )
        return plan_deletion(self.request, namespace, read_cluster_id(self.api), own, absences, datetime.now(UTC))

    def _used(self, home: Home) -> Home:
        return replace(home, pods=tuple(filter(self.is_used_by, home.pods)))

    def delete(self, plan: Plan) -> bool:
        """Delete the home; return whether nothing of it is left, or report why it was not deleted.

        Raises:
            CannotAsk: the cluster gives no answer or refuses a change; repeat the command.
        """
        home = plan.home
        if home.claim:
            if not self._mark(home):
                return self.refuse(Refused("a server was started meanwhile", "run the command again"))
            with self._lifting(home):
                again = self.plan()
                if isinstance(again, Refused) or again.key != plan.key or not again.home.deletion:
                    self.lift(home)
                    return self.refuse(replace(again, home=None) if isinstance(again, Refused) else _changed())
                version = None if again.home.is_terminating else again.home.resource_version
                place = claim_path(self.namespace, home.claim)
                delete_object(self.api, place, home.uid, self.report, resource_version=version)
            self.report(f"deleted: the claim {home.claim}")
        return home.volume is None or delete_volume(self.api, home.volume, self.namespace, self.report)

    def lift(self, home: Home) -> None:
        """Let servers start with the home again.

        Raises:
            CannotAsk: the cluster gives no answer or refuses a change.
        """
        if home.claim:
            lifted = _without(DELETION_BEGUN, ARCHIVE, ARCHIVED_AT)
            change_object(self.api, claim_path(self.namespace, home.claim), home.uid, lifted)
        if home.volume:
            names = (DELETION_BEGUN, ARCHIVE, FORMER_USER, FORMER_ID) if home.claim else (DELETION_BEGUN,)
            change_object(self.api, volume_path(home.volume.name), home.volume.uid, _without(*names))

    @contextmanager
    def _lifting(self, home: Home) -> Iterator[None]:
        """Lift the mark if an error ends the block before Kubernetes has begun to delete the claim."""
        try:
            yield
        except Exception:
            with suppress(CannotAsk):
                live = find_object(self.api, claim_path(self.namespace, home.claim))
                metadata = live["metadata"] if live else {}
                if metadata.get("uid") == home.uid and not metadata.get("deletionTimestamp"):
                    self.lift(home)
            raise

    def refuse(self, refused: Refused) -> bool:
        """Report why nothing is deleted; return False. A deletion that had begun before is lifted.

        Raises:
            CannotAsk: the cluster gives no answer or refuses a change.
        """
        home = refused.home
        if home and home.claim and home.deletion and not home.is_terminating:
            self.lift(home)
            self.report("the deletion that had begun was lifted")
        self.report(f"nothing was deleted: {refused.reason}")
        self.report(f"→ {refused.fix}")
        return False

    def _mark(self, home: Home) -> bool:
        """Mark the claim, then the volume, which shows whose it was once the claim is gone."""
        # The time is new in each run: the hub ignores an old mark.
        begun = audit_log.now()

        def mark_claim(manifest: dict[str, Any]) -> None:
            annotations = manifest["metadata"].get("annotations") or {}
            if LAST_START in annotations and read_mark_time(annotations, LAST_START) != home.last_start:
                raise _StartedMeanwhile
            manifest["metadata"]["annotations"] = {**annotations, DELETION_BEGUN: begun}

        def mark_volume(manifest: dict[str, Any]) -> None:
            _without(ARCHIVE)(manifest)
            marks = {DELETION_BEGUN: begun, FORMER_USER: home.user, FORMER_ID: home.user_id}
            archive = {ARCHIVE: home.archive} if home.archive not in ("", ARCHIVE_BEGUN) else {}
            manifest["metadata"]["annotations"] = {**manifest["metadata"]["annotations"], **marks, **archive}

        try:
            if not change_object(self.api, claim_path(self.namespace, home.claim), home.uid, mark_claim):
                raise CannotAsk(
                    f"{self.api.server}: the claim {home.claim} was deleted by others; run the command again"
                )
        except _StartedMeanwhile:
            return False
        if home.volume:
            change_object(self.api, volume_path(home.volume.name), home.volume.uid, mark_volume)
        return True


def delete_home(
    group: Group,
    request: Request,
    *,
    confirm: Callable[[str], bool],
    log: AuditLog,
    environment: Mapping[str, str],
    report: Callable[[str], None],
) -> bool:
    """Report what is deleted, and delete it if that is confirmed.

    Args:
        group: the users' group, with the account to log in to FreeIPA with.
        request: the home.
        confirm: returns whether the operator has named the user whose name is given.
        log: records the deletion.
        environment: where ``KUBECONFIG`` and kubectl are looked up.
        report: receives each line of text.

    Returns:
        Whether nothing of the home is left.

    Raises:
        MembersRefused: the directory does not show who may log in, or the log cannot be written.
        FreeIpaError: the directory could not be read.
        CannotAsk: the cluster gives no answer or refuses a change; repeat the command.
    """
    prepare_log(log)
    with connect_to_cluster(find_kubeconfig(group.tenancy.kubernetes, environment), environment) as api:
        report(f"cluster: {api.server}, namespace {group.tenancy.namespace}")
        deletion = Deletion(group, request, api, report)
        plan = deletion.plan()
        if isinstance(plan, Refused):
            return deletion.refuse(plan)
        for line in plan.lines:
            report(line)
        if not confirm(request.user):
            if plan.home.deletion and not plan.home.is_terminating:
                deletion.lift(plan.home)
                report("the deletion that had begun was lifted")
            report(f"nothing was deleted; to confirm without a question, add --yes {request.user}")
            return False
        # A person may have needed long to answer.
        again = deletion.plan()
        if isinstance(again, Refused) or again.key != plan.key:
            return deletion.refuse(again if isinstance(again, Refused) else _changed())
        entry = new_entry(group, request.user, f"delete home {plan.home.name}")
        record(replace(entry, outcome=BEGUN), log)
        is_deleted = deletion.delete(again)
        record(entry if is_deleted else replace(entry, outcome=NOT_KNOWN), log)
    if is_deleted:
        report(f"done: nothing of the home {plan.home.name} is left in the cluster; backups are not changed")
    return is_deleted


def _changed() -> Refused:
    return Refused("something was changed meanwhile", "run the command again")


def _without(*names: str) -> Callable[[dict[str, Any]], None]:
    def remove(manifest: dict[str, Any]) -> None:
        annotations = manifest["metadata"].get("annotations") or {}
        manifest["metadata"]["annotations"] = {key: text for key, text in annotations.items() if key not in names}

    return remove
