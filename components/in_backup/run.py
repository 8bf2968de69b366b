"""A run: opens the repository, backs up all volumes, restores one home for trial, and deletes old backups."""

import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from components.in_backup import pods
from components.in_backup.cluster import Cluster, ClusterError
from components.in_backup.outcomes import Outcome, read_outcome, waiting_reason
from components.in_backup.results import CONFIG_MAP, FAILED, RUNNING, SUCCEEDED, Check, Result, Run, now_text
from components.in_backup.session import POLL_SECONDS, START_SECONDS, RunFailed, Session
from components.in_backup.settings import Settings
from components.in_backup.volume_backups import Backups, Restorable

OPEN_SECONDS = 360.0
CHECK_DAYS = 7
"""Interval of the checks of the repository."""

MAINTENANCE_SECONDS = 3600.0
"""Least time limit of each work on the repository, also at the end of the run's own limit."""


def execute_run(
    cluster: Cluster, settings: Settings, *, owner: Mapping[str, Any], job: str, log: Callable[[str], None]
) -> bool:
    """Execute a run; return whether everything succeeded. The result is in the ConfigMap.

    Args:
        cluster: access to the namespace.
        settings: the run's settings.
        owner: owner reference of the pods.
        job: name of the job; a run that was interrupted goes on under the same name.
        log: writes a line.

    Raises:
        ClusterError: the API server refuses access to the result.
    """
    result = Result.from_config_map(cluster.find("configmaps", CONFIG_MAP))
    before = result.run
    goes_on = before is not None and before.state == RUNNING and before.job == job
    state = Run(job, before.began if before and goes_on else now_text())
    session = Session(cluster, settings, owner, log, state, result)
    try:
        _execute(session)
    except RunFailed as failure:
        state.error = str(failure)
        log(f"the run failed: {failure}")
    except ClusterError as error:
        state.error = str(error)
        log(f"the run failed: {error}")
    checks = (result.retention, result.test_restore, result.check)
    is_complete = not state.error and not state.failed
    is_good = is_complete and all(each.is_good for each in checks if each)
    state.state, state.ended = SUCCEEDED if is_good else FAILED, now_text()
    if is_complete:
        result.last_good = state.ended
    session.report("", always=True)
    return is_good


def _execute(session: Session) -> None:
    session.report("deleting what an earlier run left")
    session.patiently(session.delete_leftovers)
    session.report("opening the repository")
    opened = run_pod(session, pods.open_pod(session.settings, OPEN_SECONDS))
    if not opened.is_good:
        raise RunFailed(opened.message)
    backups = Backups(session, datetime.fromisoformat(session.state.began))
    backups.execute()
    if backups.restorable:
        _restore_for_trial(session, random.choice(backups.restorable))  # noqa: S311 - not for secrets
    _maintain(session)


def _restore_for_trial(session: Session, home: Restorable) -> None:
    session.report(f"restoring the home of {home.user} for trial")
    found = run_pod(session, pods.restore_pod(session.settings, home.snapshot, _limit(session)))
    session.result.test_restore = Check(now_text(), found.is_good, found.message, home.user, home.size)


def _maintain(session: Session) -> None:
    """Delete old backups and, once a week, check the repository."""
    session.report("deleting old backups")
    found = run_pod(session, pods.forget_pod(session.settings, _limit(session)))
    session.result.retention = Check(now_text(), found.is_good, found.message)
    last = session.result.check
    week_ago = datetime.now(UTC) - timedelta(days=CHECK_DAYS)
    if last is None or not last.is_good or datetime.fromisoformat(last.at) < week_ago:
        session.report("checking the repository")
        found = run_pod(session, pods.check_pod(session.settings, _limit(session)))
        session.result.check = Check(now_text(), found.is_good, found.message)


def _limit(session: Session) -> float:
    return max(MAINTENANCE_SECONDS, session.remaining())


def run_pod(session: Session, manifest: dict[str, Any]) -> Outcome:
    """Create a pod, wait for its end, and delete it."""
    name, cluster = manifest["metadata"]["name"], session.cluster
    began, has_started = time.monotonic(), False
    while not session.patiently(lambda: session.create_pod(manifest)):
        if time.monotonic() - began > START_SECONDS:
            return Outcome(False, f"the pod {name} could not be created within 10 minutes")
        time.sleep(POLL_SECONDS)
    while True:
        pod = session.patiently(lambda: cluster.find("pods", name))
        if pod is None:
            return Outcome(False, f"the pod {name} was deleted")
        outcome = read_outcome(pod, session.settings)
        has_started = has_started or pod["status"].get("phase") != "Pending"
        if outcome is None and not has_started and time.monotonic() - began > START_SECONDS:
            outcome = Outcome(False, f"the pod {name} did not start within 10 minutes: {waiting_reason(pod)}")
        if outcome is not None:
            session.patiently(lambda: cluster.delete("pods", name))
            return outcome
        time.sleep(POLL_SECONDS)
