"""Whether a shared folder can be mounted now: its claim has a volume or gets one, and its NFS server answers."""

import asyncio
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from kubernetes_asyncio.client.exceptions import ApiException  # type: ignore[import-not-found,unused-ignore]

from components.in_hub.folders import Folder
from components.in_hub.user_objects import REQUEST_SECONDS

ANSWER_SECONDS = 4
"""Time in which an NFS server must accept a connection."""

PROVISIONING_TIME = timedelta(minutes=5)
"""Time in which a new claim gets its volume. A pod that mounts it waits for it."""

WAITING_FOR_A_POD = ("WaitForFirstConsumer", "WaitForPodScheduled")
"""Reasons of the events of a claim whose volume is created for the first pod that mounts it."""


async def find_problem(spawner: Any, folder: Folder) -> str | None:  # noqa: ANN401 - KubeSpawner has no types
    """Return why the folder cannot be mounted, as the end of a sentence; None if it can."""
    try:
        problem = await _find_claim_problem(spawner, folder.claim)
    except Exception as error:  # a folder that may be missing must not be mounted: the pod would wait for it
        reason = f"{error.status} {error.reason}" if isinstance(error, ApiException) else type(error).__name__
        spawner.log.error("the claim %s of the shared folder %s was not read: %s", folder.claim, folder.name, reason)
        return "Kubernetes does not answer"
    if problem is None and folder.server and not await _accepts_connections(folder.server, folder.port):
        return f"the NFS server {folder.server} does not answer at port {folder.port}"
    return problem


async def _find_claim_problem(spawner: Any, name: str) -> str | None:  # noqa: ANN401
    try:
        claim = await spawner.api.read_namespaced_persistent_volume_claim(
            name, spawner.namespace, _request_timeout=REQUEST_SECONDS
        )
    except ApiException as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return f"its volume claim {name} does not exist"
        raise
    if claim.metadata.deletion_timestamp is not None:
        return f"its volume claim {name} is being deleted"
    if claim.status.phase == "Lost":
        return f"its volume claim {name} has lost its volume"
    if claim.status.phase == "Bound" or datetime.now(UTC) - claim.metadata.creation_timestamp < PROVISIONING_TIME:
        return None
    fields = f"involvedObject.kind=PersistentVolumeClaim,involvedObject.uid={claim.metadata.uid}"
    found = await spawner.api.list_namespaced_event(
        spawner.namespace, field_selector=fields, _request_timeout=REQUEST_SECONDS
    )
    if any(event.reason in WAITING_FOR_A_POD for event in found.items):
        return None
    for event in found.items:
        spawner.log.error("the claim %s has no volume: %s", name, event.message)
    return f"its volume claim {name} has had no volume since {claim.metadata.creation_timestamp:%Y-%m-%d %H:%M} UTC"


async def _accepts_connections(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), ANSWER_SECONDS)
    except (OSError, TimeoutError, ValueError, OverflowError):
        return False
    writer.close()
    return True
