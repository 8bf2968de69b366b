"""Growth of home volumes: a user's volume claim is raised to the tenancy's size before the user's server starts.

A claim that cannot grow does not stop the server's start. The cause is in the hub's log and in an event on the claim
(``kubectl events``). Kubernetes decides which claims can grow: it refuses the change if the storage class does not
allow expansion. So the hub needs no permission to read storage classes.
"""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from logging import Logger
from typing import Any, Protocol

from kubernetes_asyncio.client.exceptions import ApiException  # type: ignore[import-not-found,unused-ignore]

from components.in_hub.volume_claims import CannotGrow, Claim, build_event, build_patch, must_grow

REQUEST_SECONDS = 5
"""Time limit of one request to Kubernetes."""

DEADLINE_SECONDS = 20
"""Time limit of all requests together; the user waits for them."""

ATTEMPTS = 3
"""Number of attempts: controllers or an operator may change the claim between reading and patching it."""


class Spawner(Protocol):
    """The part of KubeSpawner that is needed here."""

    api: Any
    """kubernetes_asyncio's ``CoreV1Api``."""
    log: Logger
    namespace: str
    pvc_name: str
    storage_capacity: str | None


async def grow_home(spawner: Spawner) -> None:
    """Raise the user's claim to the spawner's size; a ``KubeSpawner.pre_spawn_hook``.

    Never lowers the size, and never raises an exception.
    """
    if not spawner.storage_capacity:
        return
    try:
        await asyncio.wait_for(_grow(spawner, spawner.storage_capacity), DEADLINE_SECONDS)
    except TimeoutError:
        spawner.log.warning("home %s was not grown: Kubernetes did not answer in time", spawner.pvc_name)
    except Exception as error:  # a home that is too small must not stop the server's start
        spawner.log.warning("home %s was not grown: %s", spawner.pvc_name, _error_message(error))


async def _grow(spawner: Spawner, size: str) -> None:
    for _ in range(ATTEMPTS):
        claim = await _read_claim(spawner)
        if claim is None:  # a new user: KubeSpawner creates the claim with the right size
            return
        try:
            if not must_grow(claim, size):
                return
            if await _patch_claim(spawner, claim, size):
                spawner.log.info("home %s grows from %s to %s", claim.name, claim.requested, size)
                return
        except CannotGrow as reason:
            await _warn(spawner, claim, f"{claim.requested} instead of {size}: {reason}")
            return
    spawner.log.warning("home %s was not grown: it was changed during each of %d attempts", spawner.pvc_name, ATTEMPTS)


async def _warn(spawner: Spawner, claim: Claim, size_and_cause: str) -> None:
    message = f"The home {claim.name} stays at {size_and_cause}"
    spawner.log.warning(message)
    body = build_event(claim, spawner.namespace, message, datetime.now(UTC))
    await spawner.api.create_namespaced_event(spawner.namespace, body, _request_timeout=REQUEST_SECONDS)


async def _read_claim(spawner: Spawner) -> Claim | None:
    try:
        response = await spawner.api.read_namespaced_persistent_volume_claim(
            spawner.pvc_name, spawner.namespace, _request_timeout=REQUEST_SECONDS
        )
    except ApiException as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return None
        raise
    return Claim.from_response(response)


async def _patch_claim(spawner: Spawner, claim: Claim, size: str) -> bool:
    """Patch the claim; return False if it has changed since it was read."""
    try:
        await spawner.api.patch_namespaced_persistent_volume_claim(
            claim.name, spawner.namespace, build_patch(claim, size), _request_timeout=REQUEST_SECONDS
        )
    except ApiException as error:
        if error.status == HTTPStatus.CONFLICT:
            return False
        if error.status in (HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY):
            raise CannotGrow(_error_message(error)) from None
        raise
    return True


def _error_message(error: Exception) -> str:
    """Return Kubernetes' own message if there is one, without the headers that kubernetes_asyncio adds."""
    if isinstance(error, ApiException):
        try:
            status: Mapping[str, Any] = json.loads(error.body)
            return str(status["message"])
        except (TypeError, ValueError, KeyError):
            return f"{error.status} {error.reason}"
    return f"{type(error).__name__}: {error}".rstrip(": ")
