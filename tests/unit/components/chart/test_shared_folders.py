"""Shared folders in the values of the hub's chart."""

from typing import Any

from components.chart.group_overrides import group_overrides
from components.chart.shared_folders import everyones_folders, folders_of_groups
from components.chart.values import chart_values
from tests.support.tenancies import tenancy

CREATE = {"sizeGb": 1, "className": "cephfs"}


def spawner(*folders: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = chart_values(tenancy(sharedFolders=list(folders)))["jupyterhub"]["hub"]["config"]
    return dict(found["KubeSpawner"])


def mounts(*folders: dict[str, Any]) -> dict[str, tuple[list[str], str, bool]]:
    """Return the groups, the path and ``readOnly`` of each override, in the order in which they are applied."""
    found = folders_of_groups(tenancy(sharedFolders=list(folders)))
    applied = {}
    for key in sorted(found):
        (mount,) = found[key]["spawner_override"]["volume_mounts"].values()
        applied[key] = (found[key]["groups"], mount["mountPath"], mount["readOnly"])
    return applied


def test_a_tenancy_without_folders_has_the_values_of_older_versions() -> None:
    values = chart_values(tenancy())["jupyterhub"]
    assert set(values["singleuser"]["storage"]) == {"type", "capacity", "dynamic"}
    assert "group_overrides" not in values["hub"]["config"]["KubeSpawner"]
    assert "fsGroupChangePolicy" not in values["hub"]["config"]["KubeSpawner"]["pod_security_context"]


def test_a_folder_of_everybody_is_in_every_server() -> None:
    ocean = {"name": "ocean", "create": CREATE, "writers": "all", "path": "/data/ocean"}
    found = everyones_folders(tenancy(sharedFolders=[ocean]))
    claim = {"claimName": "folder-ocean", "readOnly": False}
    assert found["extraVolumes"] == {"folder-ocean": {"name": "folder-ocean", "persistentVolumeClaim": claim}}
    mount = {"name": "folder-ocean", "mountPath": "/data/ocean", "readOnly": False}
    assert found["extraVolumeMounts"] == {"folder-ocean": mount}
    assert mounts(ocean) == {}


def test_writers_override_readers() -> None:
    found = mounts({"name": "a", "create": CREATE, "writers": ["w"], "readers": ["r"]})
    assert list(found.values()) == [(["r"], "/shared/a", True), (["w"], "/shared/a", False)]
    ocean = {"name": "a", "create": CREATE, "writers": ["w"], "readers": "all"}
    assert everyones_folders(tenancy(sharedFolders=[ocean]))["extraVolumeMounts"]["folder-a"]["readOnly"]
    assert list(mounts(ocean).values()) == [(["w"], "/shared/a", False)]


def test_a_data_set_is_read_only_in_its_volume_too() -> None:
    era5 = {"name": "era5", "claim": "data", "readOnly": True, "readers": ["r"]}
    override = group_overrides(tenancy(sharedFolders=[era5]))["group_overrides"]["folder-era5-1-readers"]
    (volume,) = override["spawner_override"]["volumes"].values()
    assert volume["persistentVolumeClaim"] == {"claimName": "data", "readOnly": True}


def test_the_files_of_a_large_volume_are_not_changed_at_every_start() -> None:
    context = spawner({"name": "a", "create": CREATE, "writers": "all"})["pod_security_context"]
    assert context["fsGroupChangePolicy"] == "OnRootMismatch"


def test_the_hub_asks_the_directory_for_the_groups_of_folders() -> None:
    folder = {"name": "a", "create": CREATE, "writers": ["w"], "readers": ["r"]}
    values = chart_values(tenancy(sharedFolders=[folder]))["jupyterhub"]["hub"]["config"]
    groups = values["FreeIpaAuthenticator"]["profile_groups"]
    assert [dn.partition(",")[0] for dn in groups] == ["cn=r", "cn=w"]
