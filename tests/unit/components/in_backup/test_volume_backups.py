"""The order and the waiting times of a run, with a cluster and a clock in memory."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from components.in_backup import session as session_module
from components.in_backup import volume_backups
from components.in_backup.cluster import ClusterError
from components.in_backup.results import Run
from components.in_backup.session import Session
from components.in_backup.snapshot_copies import SnapshotCopies
from components.in_backup.volume_backups import DEFER_SECONDS, Backups
from components.in_hub.user_id import NAME_ANNOTATION
from tests.unit.components.in_backup.run_settings import SETTINGS, SUMMARY

NOW = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
HOURS = 3600.0
READING_SECONDS = DEFER_SECONDS * 1.5
QUOTA = "exceeded quota"


@dataclass
class Namespace:
    """A namespace with homes, a quota of pods, and its clock. Each pod reads its home for a long time."""

    homes: tuple[str, ...]
    quota: int
    seconds: float = 0.0
    pods: dict[str, tuple[float, dict[str, Any]]] = field(default_factory=dict)
    """The pods with the times at which they were created."""

    # The clock

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    # The API of the cluster

    def list(self, kind: str) -> list[dict[str, Any]]:
        if kind == "persistentvolumeclaims":
            return [self.claim(user) for user in self.homes]
        return [self._pod(*each) for each in self.pods.values()]

    def find(self, kind: str, name: str) -> dict[str, Any]:
        assert kind == "persistentvolumeclaims"
        return self.claim(name.removeprefix("claim-"))

    def create(self, kind: str, manifest: dict[str, Any]) -> bool:
        assert kind == "pods"
        if len(self.pods) == self.quota:
            raise ClusterError(QUOTA, 403)
        self.pods[manifest["metadata"]["name"]] = (self.seconds, manifest)
        return True

    def delete(self, kind: str, name: str) -> None:
        assert kind == "pods"
        del self.pods[name]

    def patch(self, kind: str, name: str, change: dict[str, Any]) -> None:
        pass

    def claim(self, user: str) -> dict[str, Any]:
        metadata = {"name": f"claim-{user}", "uid": user, "annotations": {NAME_ANNOTATION: user}}
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        return {"metadata": metadata, "spec": spec, "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}}}

    def _pod(self, created: float, manifest: dict[str, Any]) -> dict[str, Any]:
        if self.seconds < created + READING_SECONDS:
            return {**manifest, "status": {"phase": "Running"}}
        ended = {"exitCode": 0, "message": SUMMARY}
        containers = [{"name": "restic", "state": {"terminated": ended}}]
        return {**manifest, "status": {"phase": "Succeeded", "containerStatuses": containers}}


def run(namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> Session:
    for module in (volume_backups, session_module):
        monkeypatch.setattr(module, "time", namespace)
    monkeypatch.setattr(volume_backups, "POLL_SECONDS", 60.0)
    settings = replace(SETTINGS, concurrency=2, limit_seconds=10 * HOURS)
    owner = {"kind": "Pod", "name": "run", "uid": "u-i-d"}
    made = Session(namespace, settings, owner, lambda _: None, Run("job", NOW.isoformat()))  # type: ignore[arg-type]
    Backups(made, SnapshotCopies(made), NOW).execute()
    return made


def test_homes_wait_as_long_as_the_run_itself_uses_the_quota_up(monkeypatch: pytest.MonkeyPatch) -> None:
    namespace = Namespace(("alice", "bob", "carol"), quota=1)

    state = run(namespace, monkeypatch).state

    assert (state.good, state.failed) == (3, {})


def test_homes_do_not_wait_for_the_whole_run_if_others_use_the_quota_up(monkeypatch: pytest.MonkeyPatch) -> None:
    namespace = Namespace(("alice", "bob"), quota=0)

    state = run(namespace, monkeypatch).state

    assert state.failed.keys() == {"alice", "bob"}
    assert "a quota of the namespace is used up" in state.failed["alice"]
    assert DEFER_SECONDS < namespace.seconds < HOURS
