"""Dask clusters with a folder, a Secret or GPUs that their user may no longer have.

A cluster keeps the folders, variables and GPUs with which it was started. Without a comparison, a user could keep a
cluster to read a folder long after the server has lost it. Pure.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from components.folder_names import FOLDER_PREFIX
from components.in_hub.folders import Folder
from components.in_hub.gpus import has_devices

SecretKey = tuple[str, str]
"""A Secret and its key, which only some groups have."""

Overrides = Mapping[str, Mapping[str, Any]]
"""The setting ``KubeSpawner.group_overrides``."""


def find_outdated(
    clusters: Iterable[Mapping[str, Any]],
    overrides: Overrides,
    groups: Collection[str],
    everyones: Iterable[object] = (),
    folders: Iterable[Folder] = (),
    gpu_groups: Collection[str] = (),
) -> list[str]:
    """Return the names of the clusters that have a folder which the user may not use, or a key or GPUs of other groups.

    A folder is compared with the present list, so that one which the operator has removed or made read-only is found.
    A key is compared only if the list has it: users who had it know its value, and operators may give clusters others.

    Args:
        clusters: the DaskCluster objects of a user.
        overrides: the settings of each group, also by profiles, with the user's name in place of its patterns.
        groups: the user's groups.
        everyones: the values of variables that all users' servers may have, in the same form.
        folders: the tenancy's shared folders.
        gpu_groups: the groups whose members may have GPUs in Dask workers; none if all users may.
    """
    given = {key for override in overrides.values() for key in _override_keys(override)}
    permitted = {key for value in everyones for key in _secret_key(value)} | {
        key
        for override in overrides.values()
        if not {*override["groups"]}.isdisjoint(groups)
        for key in _override_keys(override)
    }
    may_have_gpus = not gpu_groups or not {*gpu_groups}.isdisjoint(groups)
    by_volume = {folder.volume: folder for folder in folders}
    return [
        cluster["metadata"]["name"]
        for cluster in clusters
        if not (given - permitted).isdisjoint(_cluster_keys(cluster))
        or not all(_is_permitted(mount, by_volume, groups) for mount in _folder_mounts(cluster))
        or (_has_devices(cluster) and not may_have_gpus)
    ]


def profile_overrides(profiles: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the variables of those profiles that only some groups are offered, in the form of overrides."""
    return {
        f"profile-{number}": {"groups": profile["groups"], "spawner_override": {"environment": _variables(profile)}}
        for number, profile in enumerate(profiles)
        if profile.get("groups")
    }


def everyones_variables(profiles: Iterable[Mapping[str, Any]]) -> list[object]:
    """Return the values of the variables of those profiles that all users are offered."""
    return [value for profile in profiles if not profile.get("groups") for value in _variables(profile).values()]


def _variables(profile: Mapping[str, Any]) -> Mapping[str, Any]:
    return (profile.get("kubespawner_override") or {}).get("environment") or {}


def _is_permitted(mount: Mapping[str, Any], folders: Mapping[str, Folder], groups: Collection[str]) -> bool:
    folder = folders.get(mount["name"])
    if folder is None:
        return False
    return folder.is_readable(groups) if mount.get("readOnly") else folder.is_writable(groups)


def _override_keys(override: Mapping[str, Any]) -> Iterator[SecretKey]:
    for value in ((override.get("spawner_override") or {}).get("environment") or {}).values():
        yield from _secret_key(value)


def _cluster_keys(cluster: Mapping[str, Any]) -> Iterator[SecretKey]:
    for container in _containers(cluster):
        for variable in container.get("env") or []:
            yield from _secret_key(variable)


def _folder_mounts(cluster: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for container in _containers(cluster):
        yield from (each for each in container.get("volumeMounts") or [] if each["name"].startswith(FOLDER_PREFIX))


def _has_devices(cluster: Mapping[str, Any]) -> bool:
    limits = [(container.get("resources") or {}).get("limits") or {} for container in _containers(cluster)]
    return any(map(has_devices, limits))


def _containers(cluster: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    config = (cluster.get("spec") or {}).get("config") or {}
    for component in ("scheduler", "worker"):
        yield config.get(f"{component}_extra_container_config") or {}


def _secret_key(value: object) -> Iterator[SecretKey]:
    source = value.get("valueFrom") if isinstance(value, Mapping) else None
    reference = (source or {}).get("secretKeyRef")
    if reference:
        yield reference["name"], reference["key"]
