"""Settings of the servers of a group's members: ``KubeSpawner.group_overrides``, from all sources."""

from typing import Any

from components.chart.environment import variables_of_groups
from components.chart.object_store import store_keys_of_groups
from components.chart.shared_folders import folders_of_groups
from components.config.tenancy import Tenancy


def group_overrides(tenancy: Tenancy) -> dict[str, Any]:
    """Return the setting of the spawner; empty if no group has settings of its own.

    JupyterHub merges the mappings of all groups of the user, in the order of the keys.
    """
    overrides = {**variables_of_groups(tenancy), **store_keys_of_groups(tenancy), **folders_of_groups(tenancy)}
    return {"group_overrides": overrides} if overrides else {}
