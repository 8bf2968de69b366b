"""Sizes of servers and homes by user: the user's own, else the largest of the user's groups, else the tenancy's.

They are set before the user's profile is applied, whose own CPUs and memory therefore have precedence.
"""

from collections.abc import Collection, Mapping
from typing import Any

GROUPS, USERS = "groups", "users"
CPUS, RAM_GB, STORAGE_GB = "cpus", "ramGb", "storageGb"
"""Keys of the stack file's section ``sizes``."""

GB = 1024**3

Sizes = Mapping[str, Mapping[str, Mapping[str, float]]]
"""The section as in a stack file."""


def find_size(sizes: Sizes, user: str, groups: Collection[str]) -> dict[str, float]:
    """Return the sizes of a user who is in ``groups``; keys that are missing have the tenancy's values. Pure."""
    own, of_groups = sizes.get(USERS, {}).get(user, {}), sizes.get(GROUPS, {})
    found: dict[str, float] = {}
    for key in (CPUS, RAM_GB, STORAGE_GB):
        shared = [of_groups[group][key] for group in groups if key in of_groups.get(group, {})]
        values = [own[key]] if key in own else shared
        if values:
            found[key] = max(values)
    return found


def apply_size(spawner: Any) -> None:  # noqa: ANN401 - KubeSpawner has no types
    """Set the limits of a server, and the size of its home, by its user and the user's groups in the hub."""
    groups = {group.name for group in spawner.user.groups}
    size = find_size(getattr(spawner.authenticator, "sizes", {}), spawner.user.name, groups)
    if CPUS in size:
        spawner.cpu_limit = spawner.cpu_guarantee = size[CPUS]
    if RAM_GB in size:
        spawner.mem_limit = spawner.mem_guarantee = round(size[RAM_GB] * GB)
    if STORAGE_GB in size:
        spawner.storage_capacity = f"{round(size[STORAGE_GB])}Gi"
