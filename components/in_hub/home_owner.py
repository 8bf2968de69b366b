"""Owners of homes: a claim is bound to its user's ``ipaUniqueID``, and mounted only in a server of that account.

KubeSpawner decides only during the start which claims a server mounts, so the last check looks at the pod itself.
A claim without an owner, of a version before 0.4 or restored by hand, is bound to the account that starts first.
"""

import asyncio
from collections.abc import Awaitable, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, TypeVar

from kubernetes_asyncio.client.exceptions import ApiException  # type: ignore[import-not-found,unused-ignore]
from tornado.web import HTTPError  # type: ignore[import-not-found,unused-ignore]

from components.in_hub import messages
from components.in_hub.home_marks import RESTORING, is_being_deleted, start_marks
from components.in_hub.user_id import ID_ANNOTATION, NAME_ANNOTATION, STATE_KEY
from components.in_hub.user_objects import REQUEST_SECONDS, UserObjects
from components.in_hub.volume_growth import grow_home

T = TypeVar("T")

DEADLINE_SECONDS = 20
"""Time limit of all requests of one check; the user waits for them."""

ATTEMPTS = 5
"""Number of attempts: others may change a claim between reading and patching it."""


async def prepare_home(spawner: Any) -> None:  # noqa: ANN401 - KubeSpawner has no types
    """Refuse a home of another account, set the owner of a new one, and raise its size: the ``pre_spawn_hook``.

    Raises:
        HTTPError: 403 if the home or the name belongs to another account, 503 if Kubernetes does not answer.
    """
    user_id = await _user_id(spawner)
    await _answered(spawner, _check_name(spawner, user_id))
    await _answered(spawner, _check_claim(spawner, spawner.pvc_name, user_id))
    others = {key: value for key, value in spawner.storage_extra_annotations.items() if key != ID_ANNOTATION}
    spawner.storage_extra_annotations = {**others, **({ID_ANNOTATION: user_id} if user_id else {})}
    await grow_home(spawner)


async def check_homes(spawner: Any, pod: Any) -> Any:  # noqa: ANN401 - KubeSpawner has no types
    """Check every claim that the pod mounts, bind the home to the user's account and record the start on it.

    This is the last step before the pod is created, in the ``modify_pod_hook``. ``members delete-home`` relies on it: a
    start that was recorded before the deletion's mark is seen, and one that would be recorded after it is refused.

    Raises:
        HTTPError: 403 if a claim belongs to another account, 503 if Kubernetes does not answer.
    """
    user_id = await _user_id(spawner)
    for name in sorted({spawner.pvc_name, *_mounted_claims(spawner, pod)}):
        await _answered(spawner, _bind_claim(spawner, name, user_id))
    return pod


async def _user_id(spawner: Any) -> str | None:  # noqa: ANN401
    state = await spawner.user.get_auth_state() or {}
    user_id: str | None = state.get(STATE_KEY)
    return user_id


async def _check_name(spawner: Any, user_id: str | None) -> None:  # noqa: ANN401
    """Refuse a log-in of the former account after the operator has given its name to another one."""
    decision = await UserObjects(spawner.api, spawner.namespace).decision(spawner.user.name)
    if decision is not None and decision.user_id != user_id:
        raise _refusal(403, messages.sign_in_again())


async def _check_claim(spawner: Any, name: str, user_id: str | None) -> Any | None:  # noqa: ANN401
    """Return the claim; None if it does not exist.

    Raises:
        HTTPError: 403 if it belongs to another account, 503 if it is being deleted or restored.
    """
    try:
        claim = await spawner.api.read_namespaced_persistent_volume_claim(
            name, spawner.namespace, _request_timeout=REQUEST_SECONDS
        )
    except ApiException as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return None
        raise
    if name == spawner.pvc_name and is_being_deleted(claim.metadata, datetime.now(UTC)):
        raise _refusal(503, messages.home_being_deleted(name))
    if name == spawner.pvc_name and RESTORING in (claim.metadata.annotations or {}):
        raise _refusal(503, messages.home_being_restored(name))
    owner = (claim.metadata.annotations or {}).get(ID_ANNOTATION)
    if owner is None or owner == user_id:
        return claim
    if user_id is None:
        raise _refusal(403, messages.sign_in_again())
    spawner.log.warning(
        "the start of a server of %s was refused: the claim %s belongs to another FreeIPA account (ipaUniqueID %s, not "
        "%s); decide with: python -m components members accept",
        spawner.user.name,
        name,
        owner,
        user_id,
    )
    raise _refusal(403, messages.home_of_another(name))


async def _bind_claim(spawner: Any, name: str, user_id: str | None) -> None:  # noqa: ANN401
    for _ in range(ATTEMPTS):
        claim = await _check_claim(spawner, name, user_id)
        # Other claims, such as shared folders, belong to no user.
        if claim is None or name != spawner.pvc_name:
            return
        is_bound = user_id is None or ID_ANNOTATION in (claim.metadata.annotations or {})
        owner = {} if is_bound else {ID_ANNOTATION: user_id, NAME_ANNOTATION: spawner.user.name}
        annotations = {**owner, **start_marks(datetime.now(UTC))}
        metadata = {"resourceVersion": claim.metadata.resource_version, "annotations": annotations}
        try:
            await spawner.api.patch_namespaced_persistent_volume_claim(
                name, spawner.namespace, {"metadata": metadata}, _request_timeout=REQUEST_SECONDS
            )
        except ApiException as error:
            if error.status == HTTPStatus.FORBIDDEN and is_bound:
                spawner.log.warning("the start was not recorded on the home %s: %s", name, error.reason)
                return
            if error.status != HTTPStatus.CONFLICT:
                raise
        else:
            return
    raise _refusal(503, messages.owner_unknown())


async def _answered(spawner: Any, check: Awaitable[T]) -> T:  # noqa: ANN401
    try:
        return await asyncio.wait_for(check, DEADLINE_SECONDS)
    except HTTPError:
        raise
    except Exception as error:  # not knowing whose the home is must not mount it
        reason = f"{error.status} {error.reason}" if isinstance(error, ApiException) else type(error).__name__
        spawner.log.error("the owner of home %s is not known: %s", spawner.pvc_name, reason)
        raise _refusal(503, messages.owner_unknown()) from None


def _mounted_claims(spawner: Any, pod: Any) -> Iterator[str]:  # noqa: ANN401
    """Yield the names of the claims in a pod, whose volumes are objects or mappings."""
    volumes = spawner.api.api_client.sanitize_for_serialization(pod)["spec"].get("volumes") or []
    for volume in volumes:
        source = volume.get("persistentVolumeClaim") or {}
        if name := source.get("claimName") or source.get("claim_name"):
            yield str(name)


def _refusal(status: int, message: str) -> HTTPError:
    error = HTTPError(status, message)
    error.jupyterhub_message = message  # JupyterHub replaces the text of a failed start by a general one
    return error
