"""The notebook server that a user's Dask clusters match; a part of the gateway's configuration.

The hub creates the pod of a notebook server, and users have no permissions in Kubernetes: they cannot change labels,
annotations, variables and volumes of a pod. It has those variables and folders of groups that the hub gave to its user.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

NOTEBOOK_SELECTOR = "app=jupyterhub,component=singleuser-server"
"""Labels of notebook servers' pods. Source: the jupyterhub chart's ``jupyterhub_config.py``, KubeSpawner 7."""

USERNAME_ANNOTATION = "hub.jupyter.org/username"
"""Annotation with the user's exact name. In the label of the same name, KubeSpawner replaces characters."""

NOTEBOOK_CONTAINER = "notebook"

FOLDER_PREFIX = "folder-"
"""Start of the names of shared folders' volumes."""

_GROUP_SETTINGS = ("fsGroup", "fsGroupChangePolicy", "supplementalGroups", "supplementalGroupsPolicy")
"""Settings of a pod's security context on which access to the files of a volume depends."""


@dataclass(frozen=True)
class NotebookSettings:
    """Settings of a notebook server that the user's schedulers and workers share, as in Kubernetes' pods."""

    image: str
    pull_secrets: list[dict[str, str]] = field(default_factory=list)
    environment: list[dict[str, Any]] = field(default_factory=list)
    """Variables with a value or a reference to a key of a Secret."""
    volumes: list[dict[str, Any]] = field(default_factory=list)
    volume_mounts: list[dict[str, Any]] = field(default_factory=list)
    security_context: dict[str, Any] = field(default_factory=dict)


def find_notebook(pods: Iterable[Mapping[str, Any]], username: str) -> Mapping[str, Any] | None:
    """Return the pod of the user's notebook server; the newest if there are several, None if there is none.

    Args:
        pods: pods with the labels of notebook servers.
        username: the user's exact name.
    """
    own = [pod for pod in pods if _is_of(pod["metadata"], username) and _is_active(pod)]
    return max(own, key=lambda pod: str(pod["metadata"].get("creationTimestamp")), default=None)


def _is_of(metadata: Mapping[str, Any], username: str) -> bool:
    return (metadata.get("annotations") or {}).get(USERNAME_ANNOTATION) == username


def _is_active(pod: Mapping[str, Any]) -> bool:
    """Return whether the pod runs or starts, and has not been asked to stop."""
    phase = (pod.get("status") or {}).get("phase")
    return phase in ("Pending", "Running") and not pod["metadata"].get("deletionTimestamp")


def read_notebook(pod: Mapping[str, Any], variables: Collection[str]) -> NotebookSettings | None:
    """Return the settings that schedulers and workers share; None if the pod has no notebook container.

    Args:
        pod: the pod of a notebook server.
        variables: names of the environment variables that are shared.
    """
    spec = pod["spec"]
    container = next((each for each in spec["containers"] if each["name"] == NOTEBOOK_CONTAINER), None)
    if container is None:
        return None
    mounts = [each for each in container.get("volumeMounts") or [] if each["name"].startswith(FOLDER_PREFIX)]
    mounted = {mount["name"] for mount in mounts}
    context = spec.get("securityContext") or {}
    return NotebookSettings(
        image=container["image"],
        pull_secrets=list(spec.get("imagePullSecrets") or []),
        environment=[
            each for each in container.get("env") or [] if each["name"] in variables and _is_value_or_secret(each)
        ],
        volumes=[each for each in spec.get("volumes") or [] if each["name"] in mounted],
        volume_mounts=mounts,
        security_context={key: context[key] for key in _GROUP_SETTINGS if key in context} if mounts else {},
    )


def _is_value_or_secret(variable: Mapping[str, Any]) -> bool:
    """Return whether the variable has the same value in every pod. One that names a field of its pod does not."""
    source = variable.get("valueFrom")
    return not source or set(source) == {"secretKeyRef"}
