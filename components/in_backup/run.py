"""A run: opens the repository, backs up all volumes, deletes old backups, and restores one home for trial."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from components.in_backup import pods
from components.in_backup.cluster import Cluster, ClusterError
from components.in_backup.outcomes import Outcome, read_outcome, waiting_reason
from components.in_backup.results import CONFIG_MAP, FAILED, KEY, RUNNING, SUCCEEDED, Check, Result, Run, now_text
from components.in_backup.settings import Settings
from components.in_backup.volume_backups import Backups

POLL_SECONDS = 2.0
START_SECONDS = 600.0
"""Time in which a pod must start, with the first pull of its image."""

OPEN_SECONDS = 360.0
CHECK_DAYS = 7
"""Interval of the checks of the repository."""

MAINTENANCE_SECONDS = 3600.0
"""Least time limit of each work on the repository, also at the end of the run's own limit."""

SILENT_SECONDS = 900.0
"""Time for which an API server that does not answer is waited for."""

PATCH_SECONDS = 2.0
"""Smallest interval of reports while nothing is finished."""


class RunFailed(Exception):
    """The run ends early; the text is the cause."""


@dataclass
class BackupRun:
    """A run and its state."""

    cluster: Cluster
    settings: Settings
    owner: Mapping[str, Any]
    """Owner reference of all objects that the run creates: Kubernetes deletes them with it."""
    job: str
    log: Callable[[str], None]
    result: Result = field(default_factory=Result)
    _end: float = 0.0
    _reported: float = 0.0
    _report: str = ""

    def execute(self) -> bool:
        """Execute the run; return whether everything succeeded."""
        self._end = time.monotonic() + self.settings.limit_seconds
        self.result = Result.from_config_map(self._patiently(lambda: self.cluster.find("configmaps", CONFIG_MAP)))
        before = self.result.run
        is_same = before is not None and before.state == RUNNING and before.job == self.job
        began = before.began if before and is_same else now_text()
        run = self.result.run = Run(self.job, began)
        try:
            self.report("deleting what an earlier run left")
            self._patiently(self.delete_leftovers)
            self.report("opening the repository")
            opened = self._run_pod(pods.open_pod(self.settings, OPEN_SECONDS))
            if not opened.is_good:
                raise RunFailed(opened.message)
            backups = Backups(self, datetime.fromisoformat(began))
            backups.execute()
            self._maintain(backups)
        except RunFailed as failure:
            run.error = str(failure)
            self.log(f"the run failed: {failure}")
        checks = (self.result.retention, self.result.test_restore, self.result.check)
        is_good = not run.error and not run.failed and all(each.is_good for each in checks if each)
        run.state, run.ended, run.doing = SUCCEEDED if is_good else FAILED, now_text(), ""
        if not run.error and not run.failed:
            self.result.last_good = run.ended
        self.report("", always=True)
        return is_good

    def remaining(self) -> float:
        """Return the seconds until the time limit."""
        return self._end - time.monotonic()

    def report(self, doing: str, *, always: bool = False) -> None:
        """Record the state of the run, and what it does now."""
        run = self.result.run
        if run is None:
            return
        if doing and doing != run.doing:
            self.log(doing)
        run.doing = doing
        text = self.result.to_json()
        if text == self._report or (not always and time.monotonic() - self._reported < PATCH_SECONDS):
            return
        self._patiently(lambda: self.cluster.patch("configmaps", CONFIG_MAP, {"data": {KEY: text}}))
        self._report, self._reported = text, time.monotonic()

    def create_pod(self, manifest: dict[str, Any]) -> bool:
        """Create a pod; return False if there is one of its name, or no quota left for it now."""
        manifest["metadata"]["ownerReferences"] = [dict(self.owner)]
        try:
            return self.cluster.create("pods", manifest)
        except ClusterError as error:
            if not error.is_quota:
                raise
            self.log(str(error))
            return False

    def delete_leftovers(self) -> None:
        """Delete the pods of an earlier run that was killed, and wait until they are gone."""
        while left := [each for each in self.cluster.list("pods") if is_own(each)]:
            for pod in left:
                self.cluster.delete("pods", pod["metadata"]["name"])
            time.sleep(POLL_SECONDS)

    def _patiently(self, action: Callable[[], Any]) -> Any:  # noqa: ANN401 - the action's result
        """Do something, again while the API server does not answer."""
        for attempt in _attempts():
            try:
                return action()
            except ClusterError as error:
                if error.is_refusal:
                    raise RunFailed(str(error)) from None
                self.log(f"{error}; attempt {attempt}")
                last = str(error)
        raise RunFailed(f"no answer from the API server for {SILENT_SECONDS / 60:.0f} minutes: {last}")

    def patiently(self, action: Callable[[], Any]) -> Any:  # noqa: ANN401 - the action's result
        """Do something, again while the API server does not answer.

        Raises:
            RunFailed: it refuses, or has not answered for too long.
        """
        return self._patiently(action)

    def _maintain(self, backups: Backups) -> None:
        """Delete old backups, restore a home for trial and, once a week, check the repository."""
        now = datetime.now(UTC)
        if backups.restorable:
            user, snapshot, size = random.choice(backups.restorable)  # noqa: S311 - not for secrets
            self.report(f"restoring the home of {user} for trial")
            found = self._run_pod(pods.restore_pod(self.settings, snapshot, self._limit()))
            self.result.test_restore = Check(now_text(), found.is_good, found.message, user, size)
        self.report("deleting old backups")
        found = self._run_pod(pods.forget_pod(self.settings, self._limit()))
        self.result.retention = Check(now_text(), found.is_good, found.message)
        last = self.result.check
        if last is None or not last.is_good or datetime.fromisoformat(last.at) < now - timedelta(days=CHECK_DAYS):
            self.report("checking the repository")
            found = self._run_pod(pods.check_pod(self.settings, self._limit()))
            self.result.check = Check(now_text(), found.is_good, found.message)

    def _limit(self) -> float:
        return max(MAINTENANCE_SECONDS, self.remaining())

    def _run_pod(self, manifest: dict[str, Any]) -> Outcome:
        """Create a pod, wait for its end, and delete it."""
        name = manifest["metadata"]["name"]
        began, has_started = time.monotonic(), False
        while not self._patiently(lambda: self.create_pod(manifest)):
            if time.monotonic() - began > START_SECONDS:
                return Outcome(False, f"the pod {name} could not be created within 10 minutes")
            time.sleep(POLL_SECONDS)
        while True:
            pod = self._patiently(lambda: self.cluster.find("pods", name))
            if pod is None:
                return Outcome(False, "its pod was deleted")
            outcome = read_outcome(pod, self.settings)
            has_started = has_started or pod["status"].get("phase") != "Pending"
            if outcome is None and not has_started and time.monotonic() - began > START_SECONDS:
                outcome = Outcome(False, f"its pod did not start: {waiting_reason(pod)}")
            if outcome is not None:
                self._patiently(lambda: self.cluster.delete("pods", name))
                return outcome
            time.sleep(POLL_SECONDS)


def is_own(pod: Mapping[str, Any]) -> bool:
    """Return whether a pod was created by a run."""
    return pods.PURPOSE in (pod["metadata"].get("labels") or {})


def _attempts() -> Iterator[int]:
    end, number = time.monotonic() + SILENT_SECONDS, 1
    while True:
        yield number
        if time.monotonic() > end:
            return
        time.sleep(min(30.0, POLL_SECONDS * number))
        number += 1
