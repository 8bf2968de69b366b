"""The backups of all volumes in a run: several pods at once, none of which delays a user's server."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from components.in_backup import pods
from components.in_backup.causes import StoreProblem
from components.in_backup.outcomes import Outcome, read_outcome, waiting_reason
from components.in_backup.plan import MOST_ATTEMPTS, find_obstacles, find_place
from components.in_backup.pod_names import volume_pod_name
from components.in_backup.results import now_text
from components.in_backup.session import POLL_SECONDS, START_SECONDS, RunFailed, Session, is_own
from components.in_backup.snapshot_copies import SnapshotCopies, SnapshotFailed
from components.in_backup.volumes import BACKED_UP, Volume, read_volumes, volume_uses
from components.in_hub.home_marks import RESTORING

DATABASE_SECONDS = 900.0
"""Time limit of the backup of the hub's database."""

DEFER_SECONDS = 1800.0
"""Time for which volumes that cannot be read are waited for once nothing else is read: trial and retention follow."""

LONG_SECONDS = 30.0
"""Time after which the claim of a pod that does not start is looked for."""

UNREACHED = "not reached within pangeo:backup.timeLimitHours; the next run begins with the oldest backups"
UNFINISHED = (
    "a restore of this home is not finished, so that it is half restored; if it was interrupted, repeat it with: "
    "python -m components backup restore STACK --user {user}"
)


class Restorable(NamedTuple):
    """A home whose new backup can be restored for trial."""

    user: str
    snapshot: str
    size: int
    """In bytes."""


@dataclass
class Backups:
    """The backups and their state."""

    session: Session
    copies: SnapshotCopies
    since: datetime
    """Volumes that were backed up after that are left out: the run was interrupted, and goes on."""
    restorable: list[Restorable] = field(default_factory=list)
    database: str = ""
    """The new backup of the hub's database."""
    problem: Outcome | None = None
    """The outcome of a pod that shows that all further backups would fail."""
    _waiting: list[Volume] = field(default_factory=list)
    _active: dict[str, Volume] = field(default_factory=dict)
    """Volumes by the name of the pod that reads them."""
    _created: dict[str, float] = field(default_factory=dict)
    _attempts: dict[str, int] = field(default_factory=dict)
    _unreached: int = 0
    """Number of pods that did not reach the store."""
    _deferred: dict[str, float] = field(default_factory=dict)
    """Since when the volume of a claim cannot be read, and nothing else is read."""

    def execute(self) -> None:
        """Back all volumes up, until the run's time limit, or until the store has a problem."""
        claims = self.session.patiently(lambda: self.session.cluster.list("persistentvolumeclaims"))
        volumes = read_volumes(claims)
        now = datetime.now(UTC)
        self._waiting = [each for each in volumes if not each.is_backed_up(self.since, now)]
        state = self.session.state
        state.volumes, state.good = len(volumes), len(volumes) - len(self._waiting)
        while self._waiting or self._active:
            if self.session.remaining() < 0:
                self._give_up(UNREACHED)
                break
            self._step()
            if self.problem is not None:
                self._give_up("not read, because of the problem of the store")
                break
            self.session.report(self._describe())
            time.sleep(POLL_SECONDS)
        self.copies.finish()

    def _step(self) -> None:
        found = self.session.patiently(lambda: self.session.cluster.list("pods"))
        own = {each["metadata"]["name"]: each for each in found if is_own(each)}
        for name, volume in list(self._active.items()):
            self._look_at(name, volume, own.get(name))
        uses = volume_uses(found, own)
        for name in find_obstacles(self._active.values(), own, uses):
            volume = self._active.pop(name)
            self.session.log(f"{volume.name}: a server starts on another node; its backup is repeated there")
            self._delete_pod(name)
            self._repeat(volume, "users' servers ended it each time")
        if self._active:
            self._deferred.clear()
        self.copies.delete_ended(set(own))
        ending = {name for name, pod in own.items() if name not in self._active}
        for volume in list(self._waiting):
            is_turn = self.copies.has_begun(volume) or self._number_in_work() < self.session.settings.concurrency
            if is_turn and volume_pod_name(volume.claim) not in ending:
                self._begin(volume, uses)

    def _begin(self, volume: Volume, uses: Mapping[str, Any]) -> None:
        settings = self.session.settings
        found, copy = uses.get(volume.claim, ()), None
        place, is_copied = find_place(volume, found), self.copies.is_wanted(volume, found)
        if place.kind == "later" and not is_copied:
            users = ", ".join(each.pod for each in found)
            self._defer(volume, f"it is used by {users}, and has no node, or several")
            return
        if not self._is_readable(volume):
            self.copies.end(volume)
            return
        if is_copied:
            try:
                copy = self.copies.prepare(volume)
            except SnapshotFailed as failure:
                self.copies.fail(volume, str(failure))
                return
            if copy is None:
                return
        seconds = max(60.0, self.session.remaining())
        if volume.user:
            node = None if copy else place.node
            pod = pods.home_pod(settings, volume, node=node, seconds=seconds, copy=copy)
        else:
            pod = pods.database_pod(settings, node=place.node, seconds=min(seconds, DATABASE_SECONDS))
        try:
            is_created = self.session.patiently(lambda: self.session.create_pod(pod))
        except RunFailed as refusal:
            self._waiting.remove(volume)
            self._fail(volume, str(refusal))
            return
        if not is_created:
            self._defer(volume, "no pod can be created for it: a quota of the namespace is used up")
        # A restore sets its mark before it looks for pods: either it sees this pod, or this sees its mark.
        # A snapshot that was not ready before the mark may be half restored.
        elif not self._is_readable(volume):
            self._delete_pod(pod["metadata"]["name"])
            self.copies.end(volume)
        else:
            name = pod["metadata"]["name"]
            self._waiting.remove(volume)
            self._active[name] = volume
            self._created[name] = time.monotonic()

    def _number_in_work(self) -> int:
        """Return the number of volumes that are read, or of which snapshots are made or deleted."""
        claims = {each.claim for each in self._active.values()}
        return len(claims | self.copies.claims) + self.copies.number_ending

    def _is_readable(self, volume: Volume) -> bool:
        """Return whether a home can be read; leave out one that was deleted, and defer one that is being restored."""
        claim = self._find_claim(volume)
        if claim is None:
            self._waiting.remove(volume)
            self._drop(volume)
            return False
        if RESTORING in (claim["metadata"].get("annotations") or {}):
            self._defer(volume, UNFINISHED.format(user=volume.user))
            return False
        return True

    def _defer(self, volume: Volume, reason: str) -> None:
        """Leave a volume for later, but not for the rest of the run. Other volumes that are read may use up a quota."""
        since = self._deferred.setdefault(volume.claim, time.monotonic())
        if time.monotonic() - since > DEFER_SECONDS:
            self._waiting.remove(volume)
            self._fail(volume, f"not read within {DEFER_SECONDS / 60:.0f} minutes: {reason}")

    def _look_at(self, name: str, volume: Volume, pod: Mapping[str, Any] | None) -> None:
        """Record the outcome of a pod that has ended, and repeat the work of one that was deleted."""
        outcome = read_outcome(pod, self.session.settings) if pod else None
        is_deleted = pod is None or bool(pod["metadata"].get("deletionTimestamp"))
        if pod is None or (is_deleted and not (outcome and outcome.is_good)):
            del self._active[name]
            self.copies.end(volume)
            if self._find_claim(volume) is None:
                self._drop(volume)
            else:
                self._repeat(volume, "its pod was deleted each time")
            return
        is_pending, age = pod["status"].get("phase") == "Pending", time.monotonic() - self._created[name]
        if outcome is None and is_pending and age > START_SECONDS:
            outcome = Outcome(False, f"its pod did not start within 10 minutes: {waiting_reason(pod)}")
        if outcome is None and is_pending and age > LONG_SECONDS and self._find_claim(volume) is None:
            outcome = Outcome(False)  # without its claim, the pod would never start
        if outcome is None:
            return
        del self._active[name]
        self._delete_pod(name)
        is_copied = self.copies.end(volume)
        if outcome.is_good:
            if is_copied:
                self.copies.count_success()
            self._succeed(volume, outcome)
        elif self._find_claim(volume) is None:
            self._drop(volume)
        elif outcome.is_evicted:
            self._repeat(volume, outcome.message)
        elif is_copied and is_pending:
            self.copies.fail(volume, outcome.message)
            self._waiting.append(volume)
        else:
            self._fail(volume, outcome.message)
            # A node without network must not end the backups of others.
            self._unreached += outcome.store == StoreProblem.UNREACHABLE
            if outcome.store is not None and (outcome.store != StoreProblem.UNREACHABLE or self._unreached > 1):
                self.problem = outcome

    def _delete_pod(self, name: str) -> None:
        self.session.patiently(lambda: self.session.cluster.delete("pods", name))

    def _find_claim(self, volume: Volume) -> Mapping[str, Any] | None:
        """Return the claim; None if it was deleted, or is being deleted."""
        claim = self.session.patiently(lambda: self.session.cluster.find("persistentvolumeclaims", volume.claim))
        if claim is None or claim["metadata"]["uid"] != volume.uid or "deletionTimestamp" in claim["metadata"]:
            return None
        return claim

    def _succeed(self, volume: Volume, outcome: Outcome) -> None:
        summary = outcome.summary or {}
        size = int(summary.get("total_bytes_processed") or 0)
        self.session.state.good += 1
        self.session.state.added += int(summary.get("data_added_packed") or summary.get("data_added") or 0)
        self.session.state.read += size
        if outcome.message:
            self.session.state.incomplete[volume.name] = outcome.message
        snapshot = str(summary.get("snapshot_id") or "")
        if volume.user and snapshot:
            self.restorable.append(Restorable(volume.user, snapshot, size))
        elif not volume.user:
            self.database = snapshot
        annotation = {"metadata": {"annotations": {BACKED_UP: now_text()}}}
        cluster = self.session.cluster
        self.session.patiently(lambda: cluster.patch("persistentvolumeclaims", volume.claim, annotation))
        self.session.log(f"{volume.name}: backed up, {size} bytes {outcome.message}".rstrip())

    def _fail(self, volume: Volume, message: str) -> None:
        self.copies.end(volume)
        self.session.state.failed[volume.name] = message
        self.session.log(f"{volume.name}: {message}")

    def _drop(self, volume: Volume) -> None:
        """Leave out a home that was deleted during the run; its earlier backups stay."""
        self.copies.end(volume)
        self.session.state.volumes -= 1
        self.session.state.deleted[volume.name] = volume.claim
        self.session.log(f"{volume.name}: its volume claim {volume.claim} was deleted during the run")

    def _repeat(self, volume: Volume, reason: str) -> None:
        self._attempts[volume.claim] = attempts = self._attempts.get(volume.claim, 0) + 1
        if attempts < MOST_ATTEMPTS:
            self._waiting.append(volume)
        else:
            self._fail(volume, f"not backed up in {attempts} attempts: {reason}")

    def _give_up(self, reason: str) -> None:
        for name in self._active:
            self._delete_pod(name)
        for volume in (*self._active.values(), *self._waiting):
            self._fail(volume, reason)
        self._active.clear()
        self._waiting.clear()

    def _describe(self) -> str:
        state = self.session.state
        names = ", ".join(sorted(each.name for each in self._active.values()))
        waiting = ", ".join(each.name for each in self._waiting[:5])
        doing = f"; backing up {names}" if names else f"; waiting for the pods of {waiting}" if waiting else ""
        return f"{state.good} of {state.volumes} volumes are backed up{doing}"
