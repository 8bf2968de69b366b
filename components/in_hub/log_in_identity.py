"""Check at the log-in that the hub's user and homes of this name belong to the FreeIPA account that logs in."""

import asyncio
import time
from datetime import UTC, datetime
from logging import Logger
from typing import Any

from tornado.web import HTTPError, RequestHandler  # type: ignore[import-not-found,unused-ignore]

from components.in_hub import messages
from components.in_hub.dask_clusters import ClustersUnreachable, DaskClusters
from components.in_hub.revocation import LOGGED_IN
from components.in_hub.user_id import STATE_KEY, Verdict, judge_log_in, refusal_text
from components.in_hub.user_objects import UserObjects

DEADLINE_SECONDS = 15
"""Time limit of all requests to Kubernetes for one log-in."""

STOP_SECONDS = 60
"""Time limit of the end of a former user's servers and Dask clusters."""

POLL_SECONDS = 0.2

CLUSTER_POLL_SECONDS = 1.0
"""Interval of the requests to Kubernetes for the former user's Dask clusters."""


async def check_identity(
    handler: RequestHandler,
    name: str,
    user_id: str,
    objects: UserObjects | None,
    clusters: DaskClusters,
    log: Logger,
) -> None:
    """Return if the account may use the hub's user and homes of this name.

    Call it after the password and the membership were checked, before the log-in is recorded.

    Args:
        handler: the request, which gives access to the hub's users.
        name: the user's name.
        user_id: the ``ipaUniqueID`` of the account that logs in.
        objects: the objects in the cluster; None where the hub does not run in Kubernetes.
        clusters: users' Dask clusters.
        log: the hub's log.

    Raises:
        HTTPError: 403 if an operator must decide, 503 if it is not known whose the name is.
    """
    user = handler.find_user(name)
    state = (await user.get_auth_state() or {}) if user else {}
    hub_id = state.get(STATE_KEY)
    if hub_id == user_id:
        return
    homes, decision = frozenset[str](), None
    if objects is not None:
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                homes, decision = await objects.home_ids(name), await objects.decision(name)
        except Exception as error:  # not knowing whose the name is must not admit anyone
            log.error("log-in of %s failed: Kubernetes does not show whose homes these are: %s", name, error)
            raise HTTPError(503, messages.owner_unknown()) from None
    is_unreadable = bool(user and user.encrypted_auth_state is not None and not state)
    verdict = judge_log_in(user_id, hub_id, homes, decision, is_unreadable=is_unreadable)
    if verdict is Verdict.REFUSE:
        bound_to = homes | ({hub_id} if hub_id else set())
        await _refuse(user, state, name, user_id, bound_to - {user_id}, objects, log)
    if verdict is Verdict.ADMIT_AS_NEW:
        end = time.monotonic() + STOP_SECONDS
        if user:
            await _end_log_ins(user, state)
            await _stop_servers(handler, user, end)
        await _end_clusters(name, clusters, end, log)
        if user:
            # ``Authenticator.delete_user`` would remove a configured admin's name until the hub's next start.
            await user.delete_spawners()
            handler.users.delete(user)
            log.warning(
                "the hub's user %s was deleted: it belonged to another FreeIPA account, or to an unknown one", name
            )


async def _refuse(
    user: Any,  # noqa: ANN401 - JupyterHub has no types
    state: dict[str, Any],
    name: str,
    user_id: str,
    bound_to: frozenset[str],
    objects: UserObjects | None,
    log: Logger,
) -> None:
    log.warning(
        "log-in of %s refused: the name belonged to another FreeIPA account (ipaUniqueID %s, now %s); "
        "decide with: python -m components members accept",
        name,
        ", ".join(sorted(bound_to)) or "not known",
        user_id,
    )
    if user:
        # The former account does not exist any more.
        await _end_log_ins(user, state)
    if objects is not None:
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                text = refusal_text(user_id, bound_to, datetime.now(UTC).isoformat(timespec="seconds"))
                await objects.record_refusal(name, text)
        except Exception as error:  # the record is for the operator's commands only
            log.warning("the refused log-in of %s was not recorded for members list: %s", name, error)
    raise HTTPError(403, messages.name_reused(name))


async def _end_log_ins(user: Any, state: dict[str, Any]) -> None:  # noqa: ANN401 - JupyterHub has no types
    if state:
        await user.save_auth_state({**state, LOGGED_IN: 0})
        user._auth_refreshed = None


async def _stop_servers(handler: RequestHandler, user: Any, end: float) -> None:  # noqa: ANN401
    """Stop the former user's servers.

    Raises:
        HTTPError: 503 if they have not stopped at the time ``end``.
    """
    for server in [name for name, spawner in user.spawners.items() if spawner.active]:
        if not user.spawners[server].pending:
            await handler.stop_single_user(user, server)
    while any(spawner.active for spawner in user.spawners.values()):
        if time.monotonic() > end:
            raise HTTPError(503, messages.former_server_stopping())
        await asyncio.sleep(POLL_SECONDS)


async def _end_clusters(name: str, clusters: DaskClusters, end: float, log: Logger) -> None:
    """End the former user's Dask clusters: the gateway would let the new person of this name use them.

    Raises:
        HTTPError: 503 if they have not ended at the time ``end``, or Kubernetes does not answer.
    """
    try:
        while running := await clusters.end(name):
            if time.monotonic() > end:
                log.error("log-in of %s failed: the former user's Dask clusters %s have not ended", name, running)
                raise HTTPError(503, messages.former_server_stopping())
            await asyncio.sleep(CLUSTER_POLL_SECONDS)
    except ClustersUnreachable as failure:
        log.error("log-in of %s failed: the former user's Dask clusters were not ended: %s", name, failure)
        raise HTTPError(503, messages.owner_unknown()) from None
