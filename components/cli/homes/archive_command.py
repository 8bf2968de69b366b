"""The command ``members archive-home``: the last backup of a home, its verification, and the home's deletion.

A mark on the claim comes first; a start of a server removes it, so a user who is admitted again during the archive
goes on with the home, and nothing is deleted. The snapshot's id replaces the mark once all files could be read from the
repository. Only then the deletion begins, as ``members delete-home`` does it, and only if nothing was changed since the
mark and the repository still lists the snapshot. The next command continues one that was killed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from components.cli.audit_log import BEGUN, NOT_KNOWN, AuditLog
from components.cli.homes.archives import archives_of, is_later, select_archives
from components.cli.homes.delete_command import Deletion
from components.cli.homes.deletion_plan import EVEN_IF_MEMBER, Plan, Refused, Request
from components.cli.homes.facts import read_homes
from components.cli.homes.home import Home
from components.cli.members import Group, new_entry, prepare_log, record
from components.cli.restore.command import ended_by_signals
from components.cli.restore.listing import size_text
from components.cli.restore.pod import ARCHIVE_STEP, PODS, Target
from components.cli.restore.session import Session
from components.cli.restore.snapshots import SHORT, Snapshot
from components.cluster.objects import change_object, claim_path, read_claims
from components.in_backup.repository import ARCHIVED, home_tags
from components.in_backup.volumes import read_volumes
from components.in_hub.home_marks import ARCHIVE, ARCHIVE_BEGUN, ARCHIVED_AT, LAST_START, is_snapshot, read_mark_time

REPEAT = "run the command again"
USED = Refused("the home was used or changed meanwhile", REPEAT)
GONE = Refused("the archive is not in the repository any more", REPEAT)


class _UsedMeanwhile(Exception):
    """A server was started with the home, or files were restored into it, after it was read."""


@dataclass(frozen=True)
class Archive:
    """The archive of a home of one user."""

    session: Session
    deletion: Deletion

    def plan(self) -> Plan | Refused:
        """Return what is archived and deleted, or why nothing may be.

        Raises:
            CannotAsk: the cluster gives no answer.
            FreeIpaError: the directory could not be read.
            MembersRefused: the directory does not show who may log in.
        """
        # A pod of an archive that was killed is deleted before the next one; a restore's pod refuses that.
        plan = replace(self.deletion, is_used_by=lambda pod: not pod.startswith(PODS)).plan()
        if isinstance(plan, Refused):
            return replace(plan, fix=plan.fix.removesuffix(EVEN_IF_MEMBER))
        home, request = plan.home, self.deletion.request
        if home.is_terminating or not (home.claim or home.archive):
            command = f"python -m components members delete-home {request.stack} {home.user} --home {home.name}"
            return Refused(f"{home.name} is being deleted without an archive", f"finish its deletion: {command}")
        if home.restoring:
            command = f"python -m components backup restore {request.stack} --user {home.user}"
            return Refused(f"{home.name} is half restored, because a restore is not finished", f"first: {command}")
        url = self.session.steps.repository.url.removeprefix("s3:")
        first = f"This makes a last backup in {url}, reads all of it for trial, and then deletes:"
        if is_snapshot(home.archive):
            first = f"This continues: the home is archived as {home.archive[:SHORT]}. It deletes:"
        return replace(plan, lines=(first, *plan.lines[1:]))

    def execute(self, plan: Plan) -> bool:
        """Archive the home and delete it; return whether only the archive is left, or report why it is not so.

        Raises:
            RestoreRefused: a step in a pod failed; nothing was deleted.
            CannotAsk: the cluster gives no answer or refuses a change; repeat the command.
        """
        home = plan.home
        archive = self._find(home) or self._make(home)
        if isinstance(archive, Refused):
            return self.deletion.refuse(archive)
        # The home as it was before its last backup, but for the mark: what was changed since then refuses the deletion.
        expected = replace(plan, home=replace(home, archive=archive.id))
        again = self.deletion.plan()
        if isinstance(again, Refused):
            return self.deletion.refuse(again)
        if again.key != expected.key:
            return self.deletion.refuse(USED)
        if self._find(again.home) is None:
            return self.deletion.refuse(GONE)
        is_deleted = self.deletion.delete(again)
        if is_deleted:
            self._report_archive(archive)
        return is_deleted

    def _find(self, home: Home) -> Snapshot | None:
        """Return the verified archive that the mark names, if the repository has it."""
        if not is_snapshot(home.archive):
            return None
        snapshots = self.session.snapshots()
        archive = next((each for each in archives_of(snapshots, home) if each.id == home.archive), None)
        # A volume without its claim keeps its mark, also if its home was used again before the claim was deleted.
        if archive and not home.claim and any(is_later(each, archive) for each in snapshots):
            return None
        return archive

    def _make(self, home: Home) -> Snapshot | Refused:
        """Back the home up, and verify the backup."""
        if not home.claim:
            return GONE
        if not self._mark(home, None, ARCHIVE_BEGUN):
            return USED
        volumes = read_volumes(read_claims(self.session.api, self.session.namespace))
        volume = next((each for each in volumes if each.claim == home.claim), None)
        if volume is None:
            return Refused(
                f"{home.claim} has no volume, so there is nothing to archive", "delete it: members delete-home"
            )
        report, run, subject = self.deletion.report, self.session.steps.run, f"the archive of {home.claim}"
        tags = [*home_tags(volume.user, volume.user_id, volume.claim, volume.size_gb), ARCHIVED]
        step = [ARCHIVE_STEP, volume.path, self.session.steps.repository.host, *tags]
        report(f"archiving: {home.claim}")
        made = run(step, subject, Target(home.claim, read_as=volume.path)).last("archived") or "none"
        # Older versions of restic print only the beginning of the id.
        archive = next((each for each in archives_of(self.session.snapshots(), home) if each.id.startswith(made)), None)
        if archive is None:
            return GONE
        report(f"verifying: {archive}")
        run(["verify", archive.id], subject)
        if not self._mark(home, ARCHIVE_BEGUN, archive.id):
            return USED
        report(f"archived: {archive}")
        return archive

    def _mark(self, home: Home, former: str | None, mark: str) -> bool:
        """Mark the claim, unless the home was used since it was read, or has lost its mark meanwhile."""

        def change(manifest: dict[str, Any]) -> None:
            annotations = manifest["metadata"].get("annotations") or {}
            is_started = LAST_START in annotations and read_mark_time(annotations, LAST_START) != home.last_start
            if is_started or former not in (None, annotations.get(ARCHIVE)):
                raise _UsedMeanwhile
            kept = {key: text for key, text in annotations.items() if key != ARCHIVED_AT}
            manifest["metadata"]["annotations"] = {**kept, ARCHIVE: mark}

        try:
            return change_object(self.session.api, claim_path(self.session.namespace, home.claim), home.uid, change)
        except _UsedMeanwhile:
            return False

    def _report_archive(self, archive: Snapshot) -> None:
        report, stack, user = self.deletion.report, self.deletion.request.stack, archive.user
        size = "" if archive.size is None else f", {size_text(archive.size)}"
        report(f"done: the home of {user} is archived as {archive}{size}, and is not in the cluster any more")
        command = f"python -m components backup restore {stack} --user {user} --snapshot {archive.short_id}"
        report(f"if {user} is admitted again, the hub creates an empty home; to give the files back: {command}")


def archive_home(
    session: Session, group: Group, request: Request, *, confirm: Callable[[str], bool], log: AuditLog
) -> bool:
    """Report what is archived and deleted, and do it if that is confirmed.

    Args:
        session: the repository and the cluster.
        group: the users' group, with the account to log in to FreeIPA with.
        request: the home.
        confirm: returns whether the operator has named the user whose name is given.
        log: records the archive.

    Returns:
        Whether nothing of the home but its archive is left.

    Raises:
        MembersRefused: the directory does not show who may log in, or the log cannot be written.
        FreeIpaError: the directory could not be read.
        RestoreRefused: the repository cannot be used, or a file cannot be read; nothing was deleted.
        CannotAsk: the cluster gives no answer or refuses a change; repeat the command.
    """
    prepare_log(log)
    deletion = Deletion(group, request, session.api, session.steps.report)
    archive = Archive(session, deletion)
    with ended_by_signals():
        plan = archive.plan()
        if isinstance(plan, Refused):
            return _was_archived(session, deletion) or deletion.refuse(plan)
        for line in plan.lines:
            deletion.report(line)
        if not confirm(request.user):
            # The archive of the backup's run has not begun with this command, so it stays.
            if plan.home.archive and plan.home.claim and not plan.home.archived_at:
                deletion.lift(plan.home)
                deletion.report("the archive that had begun was lifted")
            deletion.report(f"nothing was changed; to confirm without a question, add --yes {request.user}")
            return False
        # A person may have needed long to answer.
        again = archive.plan()
        if isinstance(again, Refused) or again.key != plan.key:
            reason = again.reason if isinstance(again, Refused) else "something was changed meanwhile"
            return deletion.refuse(Refused(reason, REPEAT))
        entry = new_entry(group, request.user, f"archive home {plan.home.name}")
        record(replace(entry, outcome=BEGUN), log)
        try:
            is_archived = archive.execute(again)
        except BaseException:
            record(replace(entry, outcome=NOT_KNOWN), log)
            raise
        record(entry if is_archived else replace(entry, outcome=NOT_KNOWN), log)
    return is_archived


def _was_archived(session: Session, deletion: Deletion) -> bool:
    """Return whether only the archive is left, as after a command that was killed at its very end; report it then."""
    user = deletion.request.user
    if any(home.user == user for home in read_homes(session.api, session.namespace)):
        return False
    archives = select_archives(session.snapshots(), user)
    if archives:
        deletion.report(f"the home of {user} is archived as {archives[-1]}, and is not in the cluster any more")
    return bool(archives)
