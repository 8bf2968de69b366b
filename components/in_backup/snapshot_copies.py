"""Temporary claims with the content of homes in use: made from snapshots, and deleted after their backup."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from components.in_backup.pod_names import volume_pod_name
from components.in_backup.session import LEFTOVER_SECONDS, POLL_SECONDS, RunFailed, Session, is_own
from components.in_backup.snapshots import (
    API,
    SNAPSHOTS,
    claim_manifest,
    error_of,
    is_of_run,
    is_ready,
    slot_names,
    snapshot_manifest,
)
from components.in_backup.volumes import Volume, VolumeUse

T = TypeVar("T")

SNAPSHOT_SECONDS = 600.0
"""Time in which a snapshot must be ready, and for which a slot whose objects are not deleted is waited for."""

MOST_FAILURES = 3
"""Number of homes in a row whose snapshots fail, after which none is tried any more: each takes up to ten minutes."""

CORE, CLAIMS = "/api/v1", "persistentvolumeclaims"


class SnapshotFailed(Exception):
    """A home cannot be read from a snapshot; the text is the cause."""


@dataclass
class Copy:
    """A home's copy, which has a slot."""

    slot: str
    began: float
    has_claim: bool = False


@dataclass
class SnapshotCopies:
    """The copies of a run."""

    session: Session
    _copies: dict[str, Copy] = field(default_factory=dict)
    """The copies that are made or read, by the home's claim."""
    _ending: dict[str, float] = field(default_factory=dict)
    """Slots whose objects are being deleted, with the begin of the deletion."""
    _failed: dict[str, str] = field(default_factory=dict)
    """Causes for which homes are read without a snapshot, by claim."""
    _failures: int = 0
    """Number of failures since the last success."""
    _cause: str = ""
    """Cause of the last one."""
    _logged: set[str] = field(default_factory=set)

    @property
    def claims(self) -> set[str]:
        """The claims of homes whose copies are made or read."""
        return set(self._copies)

    @property
    def number_ending(self) -> int:
        """Number of slots that will be free soon, so that other homes wait for them."""
        return sum(time.monotonic() - since < SNAPSHOT_SECONDS for since in self._ending.values())

    def has_begun(self, volume: Volume) -> bool:
        """Return whether a home's copy is made or read."""
        return volume.claim in self._copies

    def is_wanted(self, volume: Volume, uses: Sequence[VolumeUse]) -> bool:
        """Return whether a volume is to be read from a snapshot: a home in use whose snapshot has not failed."""
        if self.session.settings.snapshot_class is None or not volume.user or volume.claim in self._failed:
            return False
        return bool(uses) or self.has_begun(volume)

    def prepare(self, volume: Volume) -> str | None:
        """Go on with a home's copy; return its claim when a pod can mount it, None before.

        Raises:
            SnapshotFailed: it cannot be made.
        """
        copy = self._copies.get(volume.claim)
        if copy is None:
            self._begin(volume)
            return None
        if not copy.has_claim:
            snapshot = self._ask(lambda: self.session.cluster.find(SNAPSHOTS, copy.slot, API))
            if snapshot is None:
                raise SnapshotFailed("its snapshot was deleted")
            if not is_ready(snapshot):
                if time.monotonic() - copy.began > SNAPSHOT_SECONDS:
                    limit, cause = f"{SNAPSHOT_SECONDS / 60:.0f} minutes", error_of(snapshot) or "no reason is given"
                    raise SnapshotFailed(f"its snapshot was not ready within {limit}: {cause}")
                return None
            self._create(CLAIMS, claim_manifest(self.session.settings, copy.slot, volume, snapshot), CORE)
            copy.has_claim = True
        return copy.slot

    def fail(self, volume: Volume, message: str) -> None:
        """Read a home without a snapshot from now on, and record the cause."""
        self._failed[volume.claim] = message
        self._failures += 1
        self._cause = message if self._failures <= MOST_FAILURES else self._cause
        self.session.state.without_snapshot[volume.name] = message
        self.session.log(f"{volume.name}: read without a snapshot: {message}")
        self.end(volume)

    def count_success(self) -> None:
        """Count a copy that was read."""
        self._failures = 0

    def end(self, volume: Volume) -> bool:
        """Begin to delete a home's copy; return whether it has one."""
        copy = self._copies.pop(volume.claim, None)
        if copy is not None:
            self._ending[copy.slot] = time.monotonic()
        return copy is not None

    def delete_leftovers(self) -> None:
        """Delete the copies of an earlier run that was killed, and wait until they are gone."""
        if self.session.settings.snapshot_class is not None:
            self._ending = dict.fromkeys(self._slots(), time.monotonic())
            self.finish()

    def finish(self) -> None:
        """Wait until all copies are deleted."""
        end = time.monotonic() + LEFTOVER_SECONDS
        while self._ending:
            pods = self.session.patiently(lambda: self.session.cluster.list("pods"))
            self.delete_ended({each["metadata"]["name"] for each in pods if is_own(each)})
            if time.monotonic() > end:
                self.session.log(f"snapshots or temporary claims do not end: {', '.join(sorted(self._ending))}")
                return
            if self._ending:
                time.sleep(POLL_SECONDS)

    def delete_ended(self, pods: set[str]) -> None:
        """Go on with the deletion of copies that have ended: first the claim, then the snapshot.

        Args:
            pods: the names of the run's pods, which hold their claims.
        """
        for slot in sorted(self._ending):
            is_held = volume_pod_name(slot) in pods
            if not is_held and self._is_gone(CLAIMS, slot, CORE) and self._is_gone(SNAPSHOTS, slot, API):
                del self._ending[slot]

    def _begin(self, volume: Volume) -> None:
        if self._failures >= MOST_FAILURES:
            raise SnapshotFailed(f"those of {MOST_FAILURES} homes in a row failed before; the last: {self._cause}")
        used = {*self._ending, *(each.slot for each in self._copies.values())}
        slot = next((each for each in self._slots() if each not in used), None)
        if slot is None:
            raise SnapshotFailed(f"earlier ones are not deleted: {', '.join(sorted(self._ending))}")
        self._create(SNAPSHOTS, snapshot_manifest(self.session.settings, slot, volume), API)
        self._copies[volume.claim] = Copy(slot, time.monotonic())

    def _create(self, kind: str, manifest: dict[str, Any], api: str) -> None:
        owner, name = dict(self.session.owner), manifest["metadata"]["name"]
        manifest["metadata"]["ownerReferences"] = [owner]
        if self._ask(lambda: self.session.cluster.create(kind, manifest, api)):
            return
        # The answer to an earlier request may have been lost.
        found = self._ask(lambda: self.session.cluster.find(kind, name, api)) or {"metadata": {}}
        owners = [each["uid"] for each in found["metadata"].get("ownerReferences") or ()]
        if not is_of_run(found) or owner["uid"] not in owners:
            raise SnapshotFailed(f"there is another {manifest['kind']} {name}; delete it")

    def _is_gone(self, kind: str, slot: str, api: str) -> bool:
        """Return whether a run's object is gone; request its deletion before. Objects of others stay."""
        cluster = self.session.cluster
        try:
            found = self._ask(lambda: cluster.find(kind, slot, api))
            if found is None or not is_of_run(found):
                return True
            metadata = found["metadata"]
            if not metadata.get("deletionTimestamp"):
                self._ask(lambda: cluster.delete(kind, slot, api, uid=metadata["uid"]))
        except SnapshotFailed as error:
            if str(error) not in self._logged:
                self._logged.add(str(error))
                self.session.log(str(error))
        return False

    def _ask(self, action: Callable[[], T]) -> T:
        try:
            return self.session.patiently(action)
        except RunFailed as refusal:
            raise SnapshotFailed(str(refusal)) from None

    def _slots(self) -> list[str]:
        return slot_names(self.session.settings.concurrency)
