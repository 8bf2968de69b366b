"""The hub during the restore of its database: it is stopped before, and started again in any case."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from components.cli.restore.errors import RestoreRefused
from components.cli.restore.pod import Target
from components.cli.restore.session import Session
from components.cli.restore.snapshots import Snapshot
from components.cluster.client import ReadWriteApi
from components.cluster.objects import ObjectPath, change_object
from components.ownership.claims import DATABASE_CLAIM

STOPPED = "tenancy.pangeo/stopped-for-restore"
"""Annotation of the hub's Deployment while a restore has stopped it: the number of its replicas before."""

STOP_SECONDS = 120.0
POLL_SECONDS = 1.0

SUBJECT = "the hub's database"

HUB_OWNER = "1000:1000"
"""User and group of the hub (z2jh 4.4.0)."""


def hub_deployment(namespace: str) -> ObjectPath:
    """Return the place of the hub's Deployment."""
    return ObjectPath("Deployment", f"/apis/apps/v1/namespaces/{namespace}/deployments", "hub", namespace)


@contextmanager
def stopped_hub(
    api: ReadWriteApi, namespace: str, report: Callable[[str], None], wait: Callable[[float], None] = time.sleep
) -> Iterator[None]:
    """Stop the hub during the block, and start it again. Users' running servers go on, but nobody can log in.

    After a kill, the next restore starts the hub again.

    Raises:
        RestoreRefused: there is no hub, or it does not stop.
        CannotAsk: the cluster gives no answer, or refuses the change.
    """
    place = hub_deployment(namespace)
    report("stopping the hub: nobody can log in until it is started again; running servers go on")
    try:
        if not change_object(api, place, None, stop):
            raise RestoreRefused(f"there is no hub in the namespace {namespace}; run pulumi up")
        deadline = time.monotonic() + STOP_SECONDS
        while _hub_pods(api, namespace):
            if time.monotonic() > deadline:
                raise RestoreRefused(f"the hub did not stop within {STOP_SECONDS:g} s; nothing was restored")
            wait(POLL_SECONDS)
        yield
    finally:
        if change_object(api, place, None, start):
            report("the hub was started again")


def stop(manifest: dict[str, Any]) -> None:
    """Change the manifest of the hub's Deployment so that it stops; an interrupted restore may have done it."""
    annotations = dict(manifest["metadata"].get("annotations") or {})
    replicas = int(manifest["spec"].get("replicas", 1))
    manifest["metadata"]["annotations"] = {STOPPED: str(replicas or 1), **annotations}
    manifest["spec"]["replicas"] = 0


def start(manifest: dict[str, Any]) -> None:
    """Change the manifest back."""
    annotations = dict(manifest["metadata"].get("annotations") or {})
    replicas = annotations.pop(STOPPED, None)
    if replicas is not None:
        manifest["metadata"]["annotations"] = annotations
        manifest["spec"]["replicas"] = int(replicas) if replicas.isdigit() else 1


def restore_database(session: Session, snapshot: Snapshot) -> None:
    """Restore the hub's database, with the hub stopped. The present database is kept beside it.

    Raises:
        RestoreRefused: there is no volume for it, or the restore failed.
        CannotAsk: the cluster gives no answer.
    """
    claim = session.claims().get(DATABASE_CLAIM)
    if claim is None:
        raise RestoreRefused(f"the hub has no database in a volume: there is no claim {DATABASE_CLAIM}")
    target = Target(DATABASE_CLAIM, owner=HUB_OWNER)
    ending = f"before-restore-{datetime.now(UTC):%Y-%m-%d-%H%M%S}"
    work = f".restoring-{snapshot.short_id}"
    session.steps.report(f"restoring {SUBJECT} from {snapshot}")
    session.steps.run(["fetch", snapshot.id, snapshot.path, work, snapshot.path], SUBJECT, target)
    output = session.steps.run(["database", work, ending], SUBJECT, target)
    session.steps.report(f"restored {SUBJECT}; the former one is the file {output.last('placed')} beside it")


def _hub_pods(api: ReadWriteApi, namespace: str) -> list[Any]:
    return list(api.get(f"/api/v1/namespaces/{namespace}/pods?labelSelector=component%3Dhub").get("items") or [])
