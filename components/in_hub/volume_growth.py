"""Homes that grow: a user's volume claim is raised to the tenancy's size before the user's server starts.

A claim that cannot grow, for whatever reason, keeps no one from their server; the hub's log says so, and an event on
the claim does (``kubectl events``). Kubernetes itself decides what can grow: its admission refuses a claim whose
storage class does not allow expansion, so the hub needs no right to read storage classes.
"""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from logging import Logger
from typing import Any, Protocol

from kubernetes_asyncio.client.exceptions import ApiException  # type: ignore[import-not-found,unused-ignore]

from components.in_hub.volume_claims import CannotGrow, Claim, change, event, must_grow

REQUEST_SECONDS = 5
DEADLINE_SECONDS = 20
"""Of all requests together; the user waits for them."""

TRIES = 3
"""Others change claims too: the cluster's controllers, an operator."""


class Spawner(Protocol):
    """What is needed of KubeSpawner."""

    api: Any
    """kubernetes_asyncio's ``CoreV1Api``."""
    log: Logger
    namespace: str
    pvc_name: str
    storage_capacity: str | None


async def grow_home(spawner: Spawner) -> None:
    """``KubeSpawner.pre_spawn_hook``: raise the user's claim to the spawner's size. Never lowers it, never fails."""
    if not spawner.storage_capacity:
        return
    try:
        await asyncio.wait_for(_grow(spawner, spawner.storage_capacity), DEADLINE_SECONDS)
    except TimeoutError:
        spawner.log.warning("home %s: Kubernetes did not answer in time, so it was not grown", spawner.pvc_name)
    except Exception as error:  # a home that is smaller than it should be is no reason to have no server
        spawner.log.warning("home %s was not grown: %s", spawner.pvc_name, _said(error))


async def _grow(spawner: Spawner, size: str) -> None:
    for _ in range(TRIES):
        claim = await _claim(spawner)
        if claim is None:  # a new user: KubeSpawner makes it, of the right size
            return
        try:
            if not must_grow(claim, size):
                return
            if await _changed(spawner, claim, size):
                spawner.log.info("home %s grows from %s to %s", claim.name, claim.requested, size)
                return
        except CannotGrow as reason:
            await _warn(spawner, claim, f"{claim.requested}, although it should be {size}: {reason}")
            return
    spawner.log.warning("home %s was not grown: others changed it %d times meanwhile", spawner.pvc_name, TRIES)


async def _warn(spawner: Spawner, claim: Claim, what: str) -> None:
    message = f"The home {claim.name} stays at {what}"
    spawner.log.warning(message)
    body = event(claim, spawner.namespace, message, datetime.now(UTC))
    await spawner.api.create_namespaced_event(spawner.namespace, body, _request_timeout=REQUEST_SECONDS)


async def _claim(spawner: Spawner) -> Claim | None:
    try:
        answer = await spawner.api.read_namespaced_persistent_volume_claim(
            spawner.pvc_name, spawner.namespace, _request_timeout=REQUEST_SECONDS
        )
    except ApiException as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return None
        raise
    return Claim.of(answer)


async def _changed(spawner: Spawner, claim: Claim, size: str) -> bool:
    """Whether the claim was changed; False when somebody else changed it first."""
    try:
        await spawner.api.patch_namespaced_persistent_volume_claim(
            claim.name, spawner.namespace, change(claim, size), _request_timeout=REQUEST_SECONDS
        )
    except ApiException as error:
        if error.status == HTTPStatus.CONFLICT:
            return False
        if error.status in (HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY):
            raise CannotGrow(_said(error)) from None
        raise
    return True


def _said(error: Exception) -> str:
    """Kubernetes' own sentence where there is one, without the headers that kubernetes_asyncio adds."""
    if isinstance(error, ApiException):
        try:
            status: Mapping[str, Any] = json.loads(error.body)
            return str(status["message"])
        except (TypeError, ValueError, KeyError):
            return f"{error.status} {error.reason}"
    return f"{type(error).__name__}: {error}".rstrip(": ")
