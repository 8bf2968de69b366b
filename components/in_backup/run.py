"""A run: opens the repository, backs up all volumes, restores one home for trial, and deletes old backups."""

import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from components.in_backup import pods
from components.in_backup.archives import archive_former_homes
from components.in_backup.causes import StoreProblem
from components.in_backup.clocks import CLUSTER, STORE, TOLERANCE, clock_difference, find_wrong_clock
from components.in_backup.cluster import Cluster, ClusterError
from components.in_backup.pod_run import run_pod
from components.in_backup.results import CONFIG_MAP, FAILED, RUNNING, SUCCEEDED, Check, Result, Run, now_text
from components.in_backup.session import (
    RunFailed,
    Session,
    find_other_run,
    patiently,
)
from components.in_backup.settings import Settings
from components.in_backup.snapshot_copies import SnapshotCopies
from components.in_backup.volume_backups import Backups

OPEN_SECONDS = 360.0
CHECK_DAYS = 7
"""Interval of the checks of the repository."""

MAINTENANCE_SECONDS = 3600.0
"""Least time limit of each work on the repository, also at the end of the run's own limit."""


def execute_run(
    cluster: Cluster,
    settings: Settings,
    *,
    owner: Mapping[str, Any],
    job: str,
    node: str,
    log: Callable[[str], None],
) -> bool:
    """Execute a run; return whether everything succeeded. The result is in the ConfigMap.

    Args:
        cluster: access to the namespace.
        settings: the run's settings.
        owner: owner reference of the pods.
        job: name of the job; a run that was interrupted goes on under the same name.
        node: name of the run's node, for messages about its clock.
        log: writes a line.

    Raises:
        RunFailed: the API server refuses access to the result, or another run is in progress.
    """
    if other := find_other_run(patiently(lambda: cluster.list("pods"), log), owner["name"]):
        raise RunFailed(f"another run is in progress in the pod {other}")
    result = Result.from_config_map(patiently(lambda: cluster.find("configmaps", CONFIG_MAP), log))
    before = result.run
    goes_on = before is not None and before.state == RUNNING and before.job == job
    state = Run(job, before.began if before and goes_on else now_text())
    session = Session(cluster, settings, owner, log, state, result)
    try:
        _execute(session, node)
    except RunFailed as failure:
        state.error = str(failure)
        log(f"the run failed: {failure}")
    except ClusterError as error:
        state.error = str(error)
        log(f"the run failed: {error}")
    is_complete = not state.error and not state.failed
    is_good = is_complete and all(each.is_good for each in result.checks)
    state.state, state.ended = SUCCEEDED if is_good else FAILED, now_text()
    if is_complete:
        result.last_good = state.ended
    session.report("", always=True)
    return is_good


def _execute(session: Session, node: str) -> None:
    settings, result = session.settings, session.result
    session.report("comparing clocks")
    if problem := find_wrong_clock(_clock_differences(session), node):
        raise RunFailed(problem)
    session.report("deleting what an earlier run left")
    session.patiently(session.delete_leftovers)
    copies = SnapshotCopies(session)
    copies.delete_leftovers()
    session.report("opening the repository")
    opened = run_pod(session, pods.open_pod(settings, OPEN_SECONDS))
    if not opened.is_good:
        raise RunFailed(opened.message)
    if result.is_store_full:
        _delete_old(session, is_full=True)
        result.is_store_full = False
    backups = Backups(session, copies, datetime.fromisoformat(session.state.began))
    backups.execute()
    if backups.problem is not None:
        session.state.error = backups.problem.message
        result.is_store_full = backups.problem.store == StoreProblem.FULL
        if result.is_store_full:
            _delete_old(session, is_full=True)
        return
    _restore_for_trial(session, backups)
    if settings.archive_days is not None:
        archive_former_homes(session, settings.archive_days)
    _delete_old(session)
    _check(session)


def _clock_differences(session: Session) -> dict[str, timedelta]:
    """Return how much the clocks of others differ from the own one."""
    repository, cluster = session.settings.repository, session.cluster
    found = {
        CLUSTER: clock_difference(cluster.url, cluster.authority()),
        STORE: clock_difference(repository.url.removeprefix("s3:"), repository.ca_certificate),
    }
    return {name: each for name, each in found.items() if each is not None}


def _restore_for_trial(session: Session, backups: Backups) -> None:
    """Restore one home and the hub's database, and compare them with the checksums of the backup."""
    if backups.restorable:
        home = random.choice(backups.restorable)  # noqa: S311 - not for secrets
        session.report(f"restoring the home of {home.user} for trial")
        found = run_pod(session, pods.restore_pod(session.settings, home.snapshot, home.size, _limit(session)))
        session.result.test_restore = Check(now_text(), found.is_good, found.message, home.user, home.size)
    if backups.database:
        session.report("restoring the hub's database for trial")
        found = run_pod(session, pods.database_restore_pod(session.settings, backups.database, _limit(session)))
        session.result.database_restore = Check(now_text(), found.is_good, found.message)


def _delete_old(session: Session, *, is_full: bool = False) -> None:
    session.report("deleting old backups")
    found = run_pod(session, pods.forget_pod(session.settings, _limit(session), is_full=is_full))
    session.result.retention = Check(now_text(), found.is_good, found.message)


def _check(session: Session) -> None:
    """Check the repository once a week."""
    if is_check_due(session.result.check, datetime.now(UTC)):
        session.report("checking the repository")
        found = run_pod(session, pods.check_pod(session.settings, _limit(session)))
        session.result.check = Check(now_text(), found.is_good, found.message)


def is_check_due(last: Check | None, now: datetime) -> bool:
    """Return whether the repository is to be checked again. A check of the future, by a wrong clock, does not count."""
    if last is None or not last.is_good:
        return True
    return not now - timedelta(days=CHECK_DAYS) <= datetime.fromisoformat(last.at) <= now + TOLERANCE


def _limit(session: Session) -> float:
    return max(MAINTENANCE_SECONDS, session.remaining())
