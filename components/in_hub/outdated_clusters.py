"""Dask clusters that have a shared folder or a Secret of a group which their user has left. Pure.

A cluster keeps the folders and variables with which it was started. Without a comparison, a user could keep a cluster
to read a folder long after the server has lost it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

Grant = tuple[str, str, str]
"""Something that only some groups have: ``read`` or ``write`` and a volume, or ``key`` and a Secret with its key."""

Overrides = Mapping[str, Mapping[str, Any]]
"""The setting ``KubeSpawner.group_overrides``."""


def find_outdated(
    clusters: Iterable[Mapping[str, Any]],
    overrides: Overrides,
    groups: Collection[str],
    everyones: Iterable[object] = (),
) -> list[str]:
    """Return the names of the clusters that have something which only other groups than the user's have.

    Args:
        clusters: the DaskCluster objects of a user.
        overrides: the settings of each group, also by profiles, with the user's name in place of its patterns.
        groups: the user's groups.
        everyones: the values of variables that all users' servers may have, in the same form.
    """
    given = {grant for override in overrides.values() for grant in _grants(override)}
    permitted = {grant for value in everyones for grant in _key_grant(value)} | {
        grant
        for override in overrides.values()
        if not {*override["groups"]}.isdisjoint(groups)
        for grant in (*_grants(override), *_read_grants(override))
    }
    return [
        cluster["metadata"]["name"]
        for cluster in clusters
        if not permitted.issuperset(given.intersection(_cluster_grants(cluster)))
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


def _grants(override: Mapping[str, Any]) -> Iterator[Grant]:
    settings = override.get("spawner_override") or {}
    yield from map(_mount_grant, (settings.get("volume_mounts") or {}).values())
    for value in (settings.get("environment") or {}).values():
        yield from _key_grant(value)


def _read_grants(override: Mapping[str, Any]) -> Iterator[Grant]:
    """Yield the grants to read a folder: a group that writes may also read."""
    settings = override.get("spawner_override") or {}
    yield from (("read", mount["name"], "") for mount in (settings.get("volume_mounts") or {}).values())


def _cluster_grants(cluster: Mapping[str, Any]) -> Iterator[Grant]:
    config = (cluster.get("spec") or {}).get("config") or {}
    for component in ("scheduler", "worker"):
        container = config.get(f"{component}_extra_container_config") or {}
        yield from map(_mount_grant, container.get("volumeMounts") or [])
        for variable in container.get("env") or []:
            yield from _key_grant(variable)


def _mount_grant(mount: Mapping[str, Any]) -> Grant:
    return ("read" if mount.get("readOnly") else "write"), mount["name"], ""


def _key_grant(value: object) -> Iterator[Grant]:
    source = value.get("valueFrom") if isinstance(value, Mapping) else None
    reference = (source or {}).get("secretKeyRef")
    if reference:
        yield "key", reference["name"], reference["key"]
