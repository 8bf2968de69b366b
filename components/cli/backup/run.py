"""The command ``backup run``: starts a run of the scheduled backup now, and shows its progress until its end."""

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from components.cli.backup.check import read_result
from components.cluster.answers import NOT_FOUND
from components.cluster.client import ReadWriteApi
from components.cluster.errors import CannotAsk
from components.config.tenancy import Tenancy
from components.in_backup.results import CONFIG_MAP, Result, Run
from components.readiness.finding import printable
from components.readiness.objects import Object, field, items, name

CRON_JOB = "pangeo-backup"
POLL_SECONDS = 2.0
START_SECONDS = 120.0
"""Time after which a pod of the run that does not start is reported."""

MOST_FAILURES = 10
"""Number of polls in a row without an answer after which the command ends. The run goes on."""


def start_run(api: ReadWriteApi, tenancy: Tenancy, report: Callable[[str], None]) -> str:
    """Create a job from the CronJob, unless one is running. Return its name.

    Raises:
        CannotAsk: the cluster does not answer, or has no CronJob.
    """
    jobs = f"/apis/batch/v1/namespaces/{tenancy.namespace}/jobs"
    status, config_map = api.send("GET", f"/api/v1/namespaces/{tenancy.namespace}/configmaps/{CONFIG_MAP}")
    last = Result.from_config_map(None if status == NOT_FOUND else config_map).run
    ended = last.job if last and last.ended else ""  # its pod may still be ending
    for job in items(api.get(jobs), "items"):
        if _is_of(job) and not _ending(job) and name(job) != ended:
            report(f"the run {name(job)} is in progress")
            return name(job)
    status, cron_job = api.send("GET", f"/apis/batch/v1/namespaces/{tenancy.namespace}/cronjobs/{CRON_JOB}")
    if status == NOT_FOUND:
        raise CannotAsk(f"{api.server}: there is no CronJob {tenancy.namespace}/{CRON_JOB}; run pulumi up")
    job = manual_job(cron_job, f"{CRON_JOB}-{secrets.token_hex(4)}")
    api.send("POST", jobs, job)
    report(f"started the run {name(job)}")
    return name(job)


def manual_job(cron_job: Mapping[str, Any], job_name: str) -> dict[str, Any]:
    """Return a job of the CronJob, as ``kubectl create job --from`` makes it. Pure."""
    template = cron_job["spec"]["jobTemplate"]
    metadata = cron_job["metadata"]
    owner = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": job_name,
            "namespace": metadata["namespace"],
            "labels": (template.get("metadata") or {}).get("labels") or {},
            "annotations": {"cronjob.kubernetes.io/instantiate": "manual"},
            "ownerReferences": [owner],
        },
        "spec": template["spec"],
    }


def follow_run(
    api: ReadWriteApi,
    tenancy: Tenancy,
    job: str,
    report: Callable[[str], None],
    *,
    wait: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Result:
    """Report the progress of a run until its end, and return its result.

    Raises:
        CannotAsk: the cluster does not answer, or the run ended without a result.
    """
    path = f"/apis/batch/v1/namespaces/{tenancy.namespace}/jobs/{job}"
    began, shown, failures = clock(), "", 0
    while True:
        try:
            status, found = api.send("GET", path)
            result = read_result(api, tenancy.namespace)
            own = result.run if result.run and result.run.job == job else None
            doing = own.doing if own else _why_pending(api, tenancy, job) if clock() - began > START_SECONDS else ""
            failures = 0
        except CannotAsk as failure:
            failures += 1
            if failures >= MOST_FAILURES:
                raise CannotAsk(f"{failure}; the run goes on without this command") from None
            wait(POLL_SECONDS)
            continue
        if doing and doing != shown:
            report(doing)
            shown = doing
        if own and own.ended:
            return result
        if status == NOT_FOUND or (ending := _ending(found)):
            reason = "it was deleted" if status == NOT_FOUND else ending
            raise CannotAsk(f"{api.server}: the run {job} ended without a result: {reason}")
        wait(POLL_SECONDS)


def summarise(run: Run) -> str:
    """Return a sentence about a run that has ended. Pure."""
    if run.error:
        return f"the run failed: {run.error}"
    sizes = f"read {_size(run.read)}, added {_size(run.added)} to the repository"
    return f"{run.good} of {run.volumes} volumes are backed up; {sizes}"


def _size(count: int) -> str:
    return f"{count / 1024**3:.1f} GB" if count >= 1024**3 else f"{count / 1024**2:.1f} MB"


def _is_of(job: Object) -> bool:
    owners = items(job, "metadata", "ownerReferences")
    return any(each.get("kind") == "CronJob" and each.get("name") == CRON_JOB for each in owners)


def _ending(job: Object) -> str:
    """Return how a job has ended; empty while it runs."""
    for condition in items(job, "status", "conditions"):
        if condition.get("type") in ("Complete", "Failed") and condition.get("status") == "True":
            return printable(str(condition.get("message") or condition.get("type")))
    return ""


def _why_pending(api: ReadWriteApi, tenancy: Tenancy, job: str) -> str:
    pods = items(api.get(f"/api/v1/namespaces/{tenancy.namespace}/pods?labelSelector=job-name%3D{job}"), "items")
    if not pods:
        return f"waiting for the pod of {job}; kubectl describe job shows why there is none"
    for condition in items(pods[-1], "status", "conditions"):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return f"waiting for a node: {printable(str(condition.get('message')))}"
    return f"waiting for the pod of {job}, which is {field(pods[-1], 'status', 'phase')}"
