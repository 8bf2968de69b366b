"""Shared folders at the start of a server: each is permitted and available, or the server does not start.

JupyterHub's ``group_overrides`` add the folders' volumes to the pod. This is the last check of what they have added,
and the first of what Kubernetes and an NFS server answer: without it, a pod would wait for a missing folder until its
start times out.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from tornado.web import HTTPError  # type: ignore[import-not-found,unused-ignore]

from components.folder_names import FOLDER_PREFIX
from components.in_hub import messages
from components.in_hub.events import build_warning
from components.in_hub.folder_state import find_problem
from components.in_hub.folders import Folder, read_folders
from components.in_hub.user_objects import REQUEST_SECONDS

DEADLINE_SECONDS = 20
"""Time limit of all requests of one start; the user waits for them."""

NOTE = "NOT-AVAILABLE.txt"
"""File in the place of a folder that is not available."""

NOTE_PREFIX = "missing-"
"""Beginning of the name of the volume with that file; Dask pods get only volumes that begin with ``folder-``."""

ANNOTATION = "tenancy.pangeo"
"""Domain of the annotations that hold the texts of these files."""

EVENT_REASON = "FolderNotAvailable"


async def check_folders(spawner: Any, pod: Any) -> Any:  # noqa: ANN401 - KubeSpawner has no types
    """Check the pod's shared folders, and return the pod without those that may be missing and are.

    Raises:
        HTTPError: 403 if the user's groups do not permit a folder in the pod, 503 if a required one is not available.
    """
    folders = read_folders()
    groups = {group.name for group in spawner.user.groups}
    _check_permission(spawner, pod, folders, groups)
    mounted = [folder for folder in folders if folder.is_readable(groups)]
    if not mounted:
        return pod
    for folder, problem in (await _find_problems(spawner, mounted)).items():
        text = messages.folder_not_available(folder.name, folder.path, problem)
        if folder.required:
            spawner.log.error("the server of %s does not start. %s", spawner.user.name, text)
            raise _refusal(503, text)
        spawner.log.warning("the server of %s starts without a shared folder. %s", spawner.user.name, text)
        _leave_out(pod, folder, text)
        await _report(spawner, text)
    present = {volume["name"] for volume in _plain(spawner, pod)["spec"].get("volumes", [])}
    _add_groups(pod, {folder.gid for folder in mounted if folder.gid is not None and folder.volume in present})
    return pod


def _check_permission(spawner: Any, pod: Any, folders: Iterable[Folder], groups: set[str]) -> None:  # noqa: ANN401
    """Compare every volume of a shared folder in the pod with what the user's groups permit.

    Raises:
        HTTPError: a volume, its claim, its path or its mode is not permitted.
    """
    permitted = {folder.volume: folder for folder in folders if folder.is_readable(groups)}
    claims = {folder.claim for folder in folders}
    spec = _plain(spawner, pod)["spec"]
    of_folders = set()
    for volume in spec.get("volumes") or []:
        source = volume.get("persistentVolumeClaim") or {}
        claim = source.get("claimName")
        if not str(volume["name"]).startswith(FOLDER_PREFIX) and claim not in claims:
            continue
        folder = permitted.get(volume["name"])
        is_same = folder is not None and folder.claim == claim and set(volume) == {"name", "persistentVolumeClaim"}
        if folder is None or not is_same or (folder.read_only and source.get("readOnly") is not True):
            raise _refuse_volume(spawner, volume["name"])
        of_folders.add(folder.volume)
    for container in [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]:
        for mount in container.get("volumeMounts") or []:
            if mount["name"] in of_folders and not _is_permitted(mount, permitted[mount["name"]], groups):
                raise _refuse_volume(spawner, mount["name"])


def _is_permitted(mount: Mapping[str, Any], folder: Folder, groups: set[str]) -> bool:
    others = set(mount) - {"name", "mountPath", "readOnly"}
    is_read_only = mount.get("readOnly") is True
    return mount["mountPath"] == folder.path and not others and (is_read_only or folder.is_writable(groups))


async def _find_problems(spawner: Any, folders: list[Folder]) -> dict[Folder, str]:  # noqa: ANN401
    try:
        found = await asyncio.wait_for(
            asyncio.gather(*(find_problem(spawner, folder) for folder in folders)), DEADLINE_SECONDS
        )
    except TimeoutError:
        found = ["Kubernetes does not answer"] * len(folders)
    return {folder: problem for folder, problem in zip(folders, found, strict=True) if problem}


def _leave_out(pod: Any, folder: Folder, text: str) -> None:  # noqa: ANN401
    """Replace the folder's volume by a read-only one with a file that contains the text."""
    name, annotation = f"{NOTE_PREFIX}{folder.name}", f"{ANNOTATION}/{NOTE_PREFIX}{folder.name}"
    since = f"{text}\nThis server was started without it at {datetime.now(UTC):%Y-%m-%d %H:%M} UTC. Stop the server "
    pod.metadata.annotations = {
        **(pod.metadata.annotations or {}),
        annotation: f"{since}and start it again to look for the folder.\n",
    }
    note = {"path": NOTE, "fieldRef": {"fieldPath": f"metadata.annotations['{annotation}']"}}
    pod.spec.volumes = [
        *(volume for volume in pod.spec.volumes if _name(volume) != folder.volume),
        {"name": name, "downwardAPI": {"items": [note]}},
    ]
    for container in [*pod.spec.containers, *(pod.spec.init_containers or [])]:
        mounts = container.volume_mounts or []
        others = [mount for mount in mounts if _name(mount) != folder.volume]
        if len(others) < len(mounts):
            container.volume_mounts = [*others, {"name": name, "mountPath": folder.path, "readOnly": True}]


def _add_groups(pod: Any, gids: set[int]) -> None:  # noqa: ANN401
    if gids:
        context = dict(pod.spec.security_context or {})
        context["supplementalGroups"] = sorted({*context.get("supplementalGroups", []), *gids})
        pod.spec.security_context = context


async def _report(spawner: Any, text: str) -> None:  # noqa: ANN401
    """Write the text as an event of the pod, which the page of the server's start shows."""
    of = {"kind": "Pod", "name": spawner.pod_name}
    event = build_warning(of, spawner.namespace, EVENT_REASON, text, datetime.now(UTC))
    try:
        await spawner.api.create_namespaced_event(spawner.namespace, event, _request_timeout=REQUEST_SECONDS)
    except Exception as error:  # the file in the server and the hub's log have the text
        spawner.log.warning("no event about a missing folder was written: %s", type(error).__name__)


def _plain(spawner: Any, pod: Any) -> Mapping[str, Any]:  # noqa: ANN401
    found: Mapping[str, Any] = spawner.api.api_client.sanitize_for_serialization(pod)
    return found


def _name(each: Any) -> str:  # noqa: ANN401 - a mapping, or an object of kubernetes_asyncio
    return str(each["name"] if isinstance(each, Mapping) else each.name)


def _refuse_volume(spawner: Any, volume: str) -> HTTPError:  # noqa: ANN401
    spawner.log.error(
        "the server of %s does not start: its volume %s is no shared folder that the user's groups permit in this form",
        spawner.user.name,
        volume,
    )
    return _refusal(403, messages.folder_not_permitted())


def _refusal(status: int, message: str) -> HTTPError:
    error = HTTPError(status, message)
    error.jupyterhub_message = message  # JupyterHub replaces the text of a failed start by a general one
    return error
