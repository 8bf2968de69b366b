"""Settings of Dask Gateway that follow from the values of the stand-in chart."""

import importlib.util
from types import ModuleType
from typing import Any

import pytest
import yaml

from local.stand_ins.charts.assemble import STAND_INS

CHART = STAND_INS / "dask-gateway"

HUB_ENVIRONMENT = {"HUB_SERVICE_HOST": "10.96.1.2", "HUB_SERVICE_PORT": "8081"}

NAMES = {
    "instance": "vis-dask-gateway",
    "namespace": "vis",
    "apiUrl": "http://api-vis-dask-gateway.vis:8000/api",
    "clustersPrefix": "clusters-prefix-vis-dask-gateway",
}


def without_nulls(tree: dict[str, Any]) -> dict[str, Any]:
    """Remove null values, like Helm does."""
    kept = {key: without_nulls(value) if isinstance(value, dict) else value for key, value in tree.items()}
    return {key: value for key, value in kept.items() if value is not None}


@pytest.fixture
def values() -> dict[str, Any]:
    defaults: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
    return {**without_nulls(defaults), "names": NAMES}


@pytest.fixture(scope="module")
def module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gateway_traits", CHART / "files" / "gateway_traits.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_hub_is_found_by_the_service_variables_of_kubernetes(module: ModuleType, values: dict[str, Any]) -> None:
    values["gateway"]["auth"]["type"] = "jupyterhub"
    values["gateway"]["auth"]["jupyterhub"]["jupyterhubServiceName"] = "dask-gateway"

    traits = module.api_traits(values, HUB_ENVIRONMENT)

    assert traits["DaskGateway"]["authenticator_class"] == "dask_gateway_server.auth.JupyterHubAuthenticator"
    assert traits["JupyterHubAuthenticator"] == {
        "jupyterhub_api_url": "http://10.96.1.2:8081/hub/api",
        "jupyterhub_service_name": "dask-gateway",
    }


def test_missing_hub_is_reported_with_the_fix(module: ModuleType, values: dict[str, Any]) -> None:
    values["gateway"]["auth"]["type"] = "jupyterhub"

    with pytest.raises(ValueError, match=r"no Service hub in this namespace.*gateway\.auth\.jupyterhub\.apiUrl"):
        module.api_traits(values, {})

    values["gateway"]["auth"]["jupyterhub"]["apiUrl"] = "http://elsewhere/hub/api"
    assert module.api_traits(values, {})["JupyterHubAuthenticator"] == {
        "jupyterhub_api_url": "http://elsewhere/hub/api"
    }


def test_custom_authenticator_needs_its_class(module: ModuleType, values: dict[str, Any]) -> None:
    values["gateway"]["auth"]["type"] = "custom"
    with pytest.raises(ValueError, match=r"gateway\.auth\.custom\.class"):
        module.api_traits(values, {})

    values["gateway"]["auth"]["custom"] = {"class": "own.module.Auth", "config": {"level": 3}}
    traits = module.api_traits(values, {})
    assert traits["DaskGateway"]["authenticator_class"] == "own.module.Auth"
    assert traits["Auth"] == {"level": 3}


def test_sizes_image_and_pod_settings_reach_every_cluster(module: ModuleType, values: dict[str, Any]) -> None:
    backend = values["gateway"]["backend"]
    backend["image"] = {"name": "registry.example/notebook", "tag": "7", "pullPolicy": ""}
    backend["worker"]["cores"] = {"request": 2, "limit": 4}
    backend["worker"]["extraPodConfig"] = {"priorityClassName": "low"}

    cluster = module.api_traits(values, HUB_ENVIRONMENT)["KubeClusterConfig"]

    assert cluster["image"] == "registry.example/notebook:7"
    assert (cluster["worker_cores"], cluster["worker_cores_limit"]) == (2, 4)
    assert cluster["worker_extra_pod_config"] == {"priorityClassName": "low"}


def test_unset_values_keep_the_defaults_of_the_gateway(module: ModuleType, values: dict[str, Any]) -> None:
    cluster = module.api_traits(values, HUB_ENVIRONMENT)["KubeClusterConfig"]

    assert {
        "namespace",
        "image_pull_policy",
        "worker_cores",
        "worker_memory",
        "worker_threads",
    } & cluster.keys() == set()


def test_api_and_controller_use_the_same_instance_name(module: ModuleType, values: dict[str, Any]) -> None:
    api = module.api_traits(values, HUB_ENVIRONMENT)["KubeBackend"]
    controller = module.controller_traits(values)["KubeController"]

    assert api == {"api_url": NAMES["apiUrl"], "gateway_instance": "vis-dask-gateway"}
    assert {name: controller[name] for name in api} == api


def test_controller_routes_dashboards_and_schedulers_to_web(module: ModuleType, values: dict[str, Any]) -> None:
    values["gateway"]["prefix"] = "/services/dask-gateway"

    controller = module.controller_traits(values)["KubeController"]

    assert controller["proxy_prefix"] == "/services/dask-gateway"
    assert controller["proxy_web_middlewares"] == [{"name": "clusters-prefix-vis-dask-gateway", "namespace": "vis"}]
    assert controller["proxy_tcp_entrypoint"] == "web"


def test_extra_configuration_runs_in_the_order_of_its_names(module: ModuleType, values: dict[str, Any]) -> None:
    values["gateway"]["extraConfig"] = {"b": "second", "a": "first"}
    assert list(module.extra_config(values).values()) == ["first", "second"]

    values["gateway"]["extraConfig"] = "alone"
    assert list(module.extra_config(values).values()) == ["alone"]
