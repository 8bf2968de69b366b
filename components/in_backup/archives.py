"""Archives of former members' homes that a run makes by itself, with the marks of ``members archive-home``.

The run deletes no home: it has no right to, and cannot read the directory. The command goes on where it ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from components.in_backup.archive_pods import archive_pod, discard_pod, verify_pod
from components.in_backup.cluster import ClusterError
from components.in_backup.former_homes import FormerHome, choose_homes
from components.in_backup.outcomes import Outcome
from components.in_backup.pod_run import run_pod
from components.in_backup.results import now_text
from components.in_backup.session import Session, is_own
from components.in_backup.volumes import volume_uses
from components.in_hub.home_marks import ARCHIVE, ARCHIVE_BEGUN, ARCHIVED_AT, AWAY_SINCE, RESTORING, is_snapshot

CLAIMS = "persistentvolumeclaims"

ATTEMPTS = 5
"""Number of attempts to change a claim, which others may change between reading and patching it."""

LEAST_SECONDS = 600.0
"""Least time limit of each step, also at the end of the run's own limit."""

USED = Outcome(False, "it was used, changed or deleted meanwhile")


def archive_former_homes(session: Session, days: int) -> None:
    """Archive homes of former members, one after the other, until the run's time limit or a problem of the store.

    Args:
        session: the run, whose backups are made.
        days: days without access.

    Raises:
        RunFailed: the API server refuses a change, or does not answer.
    """
    state, cluster = session.state, session.cluster
    claims = session.patiently(lambda: cluster.list(CLAIMS))
    found = session.patiently(lambda: cluster.list("pods"))
    uses = volume_uses(found, [each["metadata"]["name"] for each in found if is_own(each)])
    choice = choose_homes(claims, uses, {**state.failed, **state.incomplete}, datetime.now(UTC), days)
    state.not_archived.update(choice.left_out)
    for home in choice.homes:
        if session.remaining() < 0:
            break
        session.report(f"archiving the home of {home.volume.user}, who has had no access since {home.away_since}")
        outcome = Archive(session, home).make()
        if outcome.is_good:
            state.archived[home.volume.claim] = str((outcome.summary or {})["snapshot_id"])
            session.log(f"{home.volume.claim}: archived as {state.archived[home.volume.claim]}")
            continue
        session.log(f"{home.volume.claim}: not archived: {outcome.message}")
        if outcome is not USED:
            state.not_archived[home.volume.claim] = outcome.message
        if outcome.store is not None:
            break


@dataclass(frozen=True)
class Archive:
    """The archive of one home."""

    session: Session
    home: FormerHome

    def make(self) -> Outcome:
        """Mark the home, back it up, read all of the backup for trial, and replace the mark by the backup's id.

        A start of a server, and a restore, end it, and remove the mark themselves.
        """
        if not self._mark(None, {ARCHIVE: ARCHIVE_BEGUN}):
            return USED
        outcome = self._make()
        if not outcome.is_good and not self._mark(ARCHIVE_BEGUN, {ARCHIVE: None}):
            return USED
        return outcome

    def _make(self) -> Outcome:
        """Return the outcome of the verification, with the whole id."""
        settings = self.session.settings
        made = run_pod(self.session, archive_pod(settings, self.home.volume, self._limit()), is_wanted=self._is_marked)
        snapshot = str((made.summary or {}).get("snapshot_id") or "")
        if not made.is_good or made.message or not snapshot:
            outcome = Outcome(False, made.message or "restic has not reported the archive", store=made.store)
        else:
            outcome = run_pod(self.session, verify_pod(settings, snapshot, self._limit()), self._is_marked)
            archive = str((outcome.summary or {}).get("snapshot_id") or "")
            if outcome.is_good and not archive:
                outcome = Outcome(False, "the archive's verification has no result")
            elif outcome.is_good and not self._mark(ARCHIVE_BEGUN, {ARCHIVE: archive, ARCHIVED_AT: now_text()}):
                outcome = USED
        if not outcome.is_good and snapshot:
            discarded = run_pod(self.session, discard_pod(settings, snapshot, self._limit()))
            self.session.log(f"the archive {snapshot} was discarded {discarded.message}".rstrip())
        return outcome

    def _limit(self) -> float:
        return max(LEAST_SECONDS, self.session.remaining())

    def _read(self) -> Mapping[str, Any] | None:
        """Return the metadata of the claim; None if the home was used, changed or deleted since it was chosen."""
        volume = self.home.volume
        claim = self.session.patiently(lambda: self.session.cluster.find(CLAIMS, volume.claim))
        metadata: Mapping[str, Any] = claim["metadata"] if claim else {}
        annotations = metadata.get("annotations") or {}
        is_same = metadata.get("uid") == volume.uid and annotations.get(AWAY_SINCE) == self.home.away_since
        is_changed = "deletionTimestamp" in metadata or RESTORING in annotations
        return metadata if is_same and not is_changed else None

    def _is_marked(self) -> bool:
        metadata = self._read()
        return metadata is not None and metadata["annotations"].get(ARCHIVE) == ARCHIVE_BEGUN

    def _mark(self, former: str | None, marks: Mapping[str, str | None]) -> bool:
        """Change the marks, unless the home was used, or has lost its former mark; return whether they are changed."""
        for _ in range(ATTEMPTS):
            metadata = self._read()
            present = metadata["annotations"] if metadata else {}
            if metadata is None or all(present.get(name) == mark for name, mark in marks.items()):
                return metadata is not None
            if is_snapshot(present.get(ARCHIVE) or "") or former not in (None, present.get(ARCHIVE)):
                return False
            if self._patch({"resourceVersion": metadata["resourceVersion"], "annotations": dict(marks)}):
                return True
        return False

    def _patch(self, metadata: Mapping[str, Any]) -> bool:
        """Change the claim; return False if it is another version, or does not exist."""

        def patch() -> bool:
            try:
                return self.session.cluster.patch(CLAIMS, self.home.volume.claim, {"metadata": metadata})
            except ClusterError as error:
                if error.status == HTTPStatus.CONFLICT:
                    return False
                raise

        return self.session.patiently(patch)
