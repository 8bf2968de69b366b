"""Settings of JupyterHub that follow from the values of the stand-in chart."""

import copy
import importlib.util
from typing import Any

import pytest
import yaml

from local.stand_ins.charts.assemble import STAND_INS

CHART = STAND_INS / "jupyterhub"


def without_nulls(tree: dict[str, Any]) -> dict[str, Any]:
    """Remove null values, like Helm does."""
    kept = {key: without_nulls(value) if isinstance(value, dict) else value for key, value in tree.items()}
    return {key: value for key, value in kept.items() if value is not None}


@pytest.fixture
def values() -> dict[str, Any]:
    defaults: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
    return copy.deepcopy({**without_nulls(defaults), "release": "vis"})


def traits(values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    spec = importlib.util.spec_from_file_location("hub_traits", CHART / "files" / "hub_traits.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, dict[str, Any]] = module.traits(values, lambda service: f"token of {service}")
    return found


def test_hub_config_overrides_all_other_values(values: dict[str, Any]) -> None:
    values["hub"]["config"] = {
        "KubeSpawner": {"uid": 7, "delete_pvc": False},
        "LDAPAuthenticator": {"server_port": 636},
    }
    found = traits(values)
    assert found["KubeSpawner"]["uid"] == 7
    assert found["KubeSpawner"]["delete_pvc"] is False
    assert found["LDAPAuthenticator"] == {"server_port": 636}


def test_unset_values_keep_the_defaults_of_jupyterhub(values: dict[str, Any]) -> None:
    spawner = traits(values)["KubeSpawner"]
    assert {"cpu_limit", "cpu_guarantee", "mem_limit", "default_url", "storage_class", "service_account"}.isdisjoint(
        spawner
    )
    assert spawner["mem_guarantee"] == "1G"


def test_notebook_gets_the_resources_of_the_tenancy(values: dict[str, Any]) -> None:
    values["singleuser"]["cpu"] = {"limit": 2, "guarantee": 2}
    values["singleuser"]["memory"] = {"limit": "4G", "guarantee": "4G"}
    values["singleuser"]["storage"]["capacity"] = "7Gi"
    values["singleuser"]["storage"]["dynamic"]["storageClass"] = "home"
    spawner = traits(values)["KubeSpawner"]
    assert (spawner["cpu_limit"], spawner["cpu_guarantee"]) == (2, 2)
    assert (spawner["mem_limit"], spawner["mem_guarantee"]) == ("4G", "4G")
    assert (spawner["storage_capacity"], spawner["storage_class"]) == ("7Gi", "home")


def test_each_user_gets_a_volume_mounted_at_home(values: dict[str, Any]) -> None:
    spawner = traits(values)["KubeSpawner"]
    assert spawner["storage_pvc_ensure"] is True
    (volume,), (mount,) = spawner["volumes"].values(), spawner["volume_mounts"].values()
    assert volume["persistentVolumeClaim"]["claimName"] == "{pvc_name}"
    assert (mount["name"], mount["mountPath"]) == (volume["name"], "/home/jovyan")


def test_storage_of_type_none_creates_no_volume(values: dict[str, Any]) -> None:
    values["singleuser"]["storage"]["type"] = "none"
    spawner = traits(values)["KubeSpawner"]
    assert spawner["storage_pvc_ensure"] is False
    assert spawner["volumes"] == {}


def test_files_are_mounted_one_by_one_from_their_secret(values: dict[str, Any]) -> None:
    files = {
        "a": {"mountPath": "/x/a.py", "stringData": "a"},
        "b": {"mountPath": "/x/b", "stringData": "b", "mode": 256},
    }
    values["singleuser"]["extraFiles"] = files
    spawner = traits(values)["KubeSpawner"]
    assert spawner["volumes"]["files"]["secret"] == {
        "secretName": "singleuser",
        "items": [{"key": "a", "path": "a"}, {"key": "b", "path": "b", "mode": 256}],
    }
    assert spawner["volume_mounts"]["0-files"] == {"mountPath": "/x/a.py", "subPath": "a", "name": "files"}
    assert spawner["volume_mounts"]["1-files"] == {"mountPath": "/x/b", "subPath": "b", "name": "files"}


def test_further_volumes_are_added_to_the_home(values: dict[str, Any]) -> None:
    shared = {"name": "shared", "persistentVolumeClaim": {"claimName": "shared"}}
    values["singleuser"]["storage"]["extraVolumes"] = {"shared": shared}
    values["singleuser"]["storage"]["extraVolumeMounts"] = {"shared": {"name": "shared", "mountPath": "/shared"}}
    spawner = traits(values)["KubeSpawner"]
    assert list(spawner["volumes"]) == list(spawner["volume_mounts"]) == ["volume-{user_server}", "shared"]
    assert spawner["volumes"]["shared"] == shared


def test_notebook_pods_have_the_labels_of_the_network_policies(values: dict[str, Any]) -> None:
    spawner = traits(values)["KubeSpawner"]
    assert spawner["common_labels"].items() >= {"app": "jupyterhub", "release": "vis"}.items()
    assert spawner["extra_labels"] == {"hub.jupyter.org/network-access-hub": "true"}


def test_notebook_pods_meet_the_restricted_pod_security_level(values: dict[str, Any]) -> None:
    spawner = traits(values)["KubeSpawner"]
    assert spawner["allow_privilege_escalation"] is False
    assert spawner["container_security_context"]["capabilities"] == {"drop": ["ALL"]}
    assert spawner["pod_security_context"]["runAsNonRoot"] is True
    assert spawner["pod_security_context"]["seccompProfile"] == {"type": "RuntimeDefault"}


def test_environment_may_be_an_object_or_a_list(values: dict[str, Any]) -> None:
    values["singleuser"]["extraEnv"] = {"A": "1"}
    assert traits(values)["KubeSpawner"]["environment"] == {"A": "1"}
    values["singleuser"]["extraEnv"] = [{"name": "A", "value": "1"}]
    assert traits(values)["KubeSpawner"]["environment"] == {"A": {"name": "A", "value": "1"}}


def test_idle_culler_may_only_stop_servers(values: dict[str, Any]) -> None:
    values["cull"].update({"timeout": 1800, "maxAge": 86400})
    hub = traits(values)["JupyterHub"]
    [culler] = [service for service in hub["services"] if service["name"] == "jupyterhub-idle-culler"]
    [role] = [role for role in hub["load_roles"] if "jupyterhub-idle-culler" in role["services"]]
    assert {"--timeout=1800", "--max-age=86400", "--cull-users=false"} <= set(culler["command"])
    assert set(role["scopes"]) == {"list:users", "read:users:activity", "read:servers", "delete:servers"}


def test_culler_has_its_own_times_in_place_of_zero(values: dict[str, Any]) -> None:
    """As upstream, where a time of 0 means the culler's 10 minutes."""
    values["cull"].update({"timeout": 0, "maxAge": 0})
    hub = traits(values)["JupyterHub"]
    [culler] = [service for service in hub["services"] if service["name"] == "jupyterhub-idle-culler"]
    assert not [word for word in culler["command"] if word.startswith(("--timeout", "--max-age"))]


def test_disabled_culling_starts_no_culler(values: dict[str, Any]) -> None:
    values["cull"]["enabled"] = False
    hub = traits(values)["JupyterHub"]
    assert (hub["services"], hub["load_roles"]) == ([], [])


def test_service_gets_its_token_from_the_secret(values: dict[str, Any]) -> None:
    values["cull"]["enabled"] = False
    values["hub"]["services"] = {"dask-gateway": {"url": "http://gateway", "display": False}}
    values["hub"]["loadRoles"] = {"user": {"scopes": ["self"]}}
    hub = traits(values)["JupyterHub"]
    assert hub["services"] == [
        {"name": "dask-gateway", "url": "http://gateway", "display": False, "api_token": "token of dask-gateway"}
    ]
    assert hub["load_roles"] == [{"name": "user", "scopes": ["self"]}]


def test_servers_keep_running_when_the_hub_restarts(values: dict[str, Any]) -> None:
    assert traits(values)["JupyterHub"]["cleanup_servers"] is False


def test_debug_logging_applies_to_hub_and_servers(values: dict[str, Any]) -> None:
    values["debug"]["enabled"] = True
    found = traits(values)
    assert found["JupyterHub"]["log_level"] == "DEBUG"
    assert found["Spawner"]["debug"] is True
