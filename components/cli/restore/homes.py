"""The restore of one home, or of a file or folder in it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from components.cli.restore.errors import RestoreRefused
from components.cli.restore.plan import (
    Claim,
    beside_name,
    check_home,
    check_no_start,
    claim_of,
    is_finished_by,
    kept_name,
    new_home,
    restore_mark,
    source_path,
)
from components.cli.restore.pod import Target
from components.cli.restore.session import Session
from components.cli.restore.snapshots import Snapshot
from components.cluster.errors import CannotAsk
from components.cluster.objects import claim_path, create_object, set_annotation
from components.in_hub.home_marks import ARCHIVE, RESTORING

WORK = ".restoring-"
"""Beginning of the names of folders with fetched files, which are not in place yet."""

SHOWN = 20
"""Files that are shown before the question whether they may be replaced."""


@dataclass(frozen=True)
class HomeRestore:
    """What is restored."""

    snapshot: Snapshot
    path: str | None = None
    """A file or folder of the home; None for the whole home."""
    in_place: bool = False
    other_account: bool = False

    @property
    def subject(self) -> str:
        """The home in messages."""
        return f"the home of {self.snapshot.user}"

    @property
    def work(self) -> str:
        """The folder with the fetched files."""
        return WORK + self.snapshot.short_id


def restore_home(session: Session, wanted: HomeRestore, confirm: Callable[[str], bool]) -> bool:
    """Restore files of a home. Return False if the operator does not agree to replace files.

    Files are fetched into a hidden folder of the home first, and then moved. Without ``in_place`` they are moved into a
    new folder. With it, files that differ are moved into another new folder before, so that nothing is lost. A home
    that does not exist is created.

    Args:
        session: the repository and the cluster.
        wanted: the snapshot and its use.
        confirm: returns whether the operator agrees, and receives the user's name.

    Raises:
        RestoreRefused: it may not be restored, or failed; what is said to be unchanged is.
        CannotAsk: the cluster gives no answer.
    """
    snapshot, report = wanted.snapshot, session.steps.report
    source = source_path(snapshot, wanted.path)
    claim, is_new = _find_or_create(session, wanted)
    in_place = wanted.in_place or is_new
    report(f"restoring {source.removeprefix(snapshot.path + '/') if wanted.path else wanted.subject} from {snapshot}")
    fetch = ["fetch", snapshot.id, source, wanted.work, snapshot.path]
    output = session.steps.run(fetch, wanted.subject, Target(claim.name, claim.node))
    try:
        if not in_place:
            step = ["beside", snapshot.path, wanted.work, beside_name(snapshot.time)]
            placed = session.steps.run(step, wanted.subject, _target(session, claim))
            report(f"restored into the new folder {placed.last('placed')} of {wanted.subject}")
            return True
        _, replaced, _ = output.counts()
        if replaced and not _agreed(session, wanted, output.values("replaces"), replaced, confirm):
            _discard(session, wanted, claim)
            report(f"nothing was changed in {wanted.subject}")
            return False
        _place(session, wanted, claim)
    except BaseException:
        # The next restore would remove the fetched files too, but until then they would fill the home.
        with suppress(RestoreRefused, CannotAsk):
            _discard(session, wanted, claim)
        raise
    return True


def _find_or_create(session: Session, wanted: HomeRestore) -> tuple[Claim, bool]:
    """Return the home, and whether this command, or an interrupted one before it, has created it."""
    snapshot = wanted.snapshot
    name = claim_of(snapshot)
    claim = session.claims().get(name)
    check_home(snapshot, claim, in_place=wanted.in_place, other_account=wanted.other_account)
    if claim is not None:
        if claim.archive:  # the archive would not have what is restored now
            set_annotation(session.api, claim_path(session.namespace, name), claim.uid, ARCHIVE, None)
        return claim, bool(claim.unfinished)
    create_object(
        session.api, claim_path(session.namespace, name), new_home(session.steps.tenancy, snapshot, wanted.path)
    )
    session.steps.report(f"created: the claim {name} of {snapshot.home.size_gb if snapshot.home else 0} GB")
    return session.claims()[name], True


def _discard(session: Session, wanted: HomeRestore, claim: Claim) -> None:
    session.steps.run(["discard", wanted.work], wanted.subject, _target(session, claim))


def _target(session: Session, claim: Claim) -> Target:
    """Return where the next step runs: a server may have been started or stopped since the last one."""
    now = session.claims().get(claim.name)
    if now is None or now.uid != claim.uid:
        raise RestoreRefused(f"the claim {claim.name} was deleted during the restore; run the command again")
    return Target(now.name, now.node)


def _agreed(
    session: Session, wanted: HomeRestore, paths: list[str], replaced: int, confirm: Callable[[str], bool]
) -> bool:
    report = session.steps.report
    report(f"{replaced} files of {wanted.subject} differ from the backup, and would be replaced:")
    for path in paths[:SHOWN]:
        report(f"  {path}")
    if replaced > SHOWN:
        report(f"  … and {replaced - SHOWN} others")
    report("they would be kept in a new folder of the home")
    return confirm(wanted.snapshot.user)


def _place(session: Session, wanted: HomeRestore, claim: Claim) -> None:
    """Move the fetched files to their places. Meanwhile no server starts with the home, and no backup of it is made.

    If a step is interrupted, the mark stays, and the next restore removes it.
    """
    _mark(session, claim, claim.unfinished or restore_mark(wanted.snapshot, wanted.path))
    try:
        now = session.claims().get(claim.name)
        check_home(wanted.snapshot, now, in_place=True, other_account=wanted.other_account)
        if now is not None:
            check_no_start(wanted.snapshot, claim, now)
    except BaseException:
        if not claim.unfinished:
            _mark(session, claim, None)
        raise
    step = ["place", wanted.snapshot.path, wanted.work, kept_name(datetime.now(UTC))]
    try:
        output = session.steps.run(step, wanted.subject, _target(session, claim))
    except BaseException:
        session.steps.report(
            f"until this restore is repeated, no server starts with {wanted.subject}, and no backup of it is made"
        )
        raise
    added, replaced, _ = output.counts()
    kept = f"; the former ones are in its folder {output.last('placed')}" if replaced else ""
    if not claim.unfinished or is_finished_by(claim.unfinished, wanted.snapshot, wanted.path):
        _mark(session, claim, None)
    session.steps.report(f"restored {wanted.subject}: {added} added, {replaced} replaced{kept}")


def _mark(session: Session, claim: Claim, mark: str | None) -> None:
    set_annotation(session.api, claim_path(session.namespace, claim.name), claim.uid, RESTORING, mark)
