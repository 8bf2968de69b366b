"""What the upstream chart of the Dask gateway makes of a tenancy's values, and how it and the hub meet."""

import ast
import json
from typing import Any

import pytest

from components.dask_values import PREFIX, gateway_name, gateway_service
from tests.engine.charts.matrix import LEAST, MATRIX
from tests.engine.charts.renders import Render, Rendered

pytestmark = pytest.mark.engine

WITH_DASK = [name for name in MATRIX if name != "dask off"]
with_dask = pytest.mark.parametrize("name", WITH_DASK)


def cut(name: str) -> str:
    """As the chart cuts a name that is too long for a label."""
    return name[:63].removesuffix("-")


def configuration(rendered: Rendered, component: str) -> str:
    """The Python that the gateway's api server or controller starts with."""
    config = rendered.objects["ConfigMap", cut(f"{component}-{gateway_name(rendered.tenancy.release)}")]["data"]
    text: str = config["dask_gateway_config.py"]
    return text


def settings(python: str) -> dict[str, Any]:
    """What a configuration sets to a plain value, by its dotted name."""
    found = {}
    for statement in ast.parse(python).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
            found[ast.unparse(statement.targets[0])] = statement.value.value
    return found


def properties(python: str) -> dict[str, Any]:
    """The chart's values, which the configuration holds as JSON in a text."""
    [text] = [
        statement.value.args[0]
        for statement in ast.parse(python).body
        if isinstance(statement, ast.Assign)
        and ast.unparse(statement.targets[0]) == "_PROPERTIES"
        and isinstance(statement.value, ast.Call)
    ]
    read: dict[str, Any] = json.loads(ast.literal_eval(text))["gateway"]
    return read


def choices(python: str) -> dict[str, dict[str, Any]]:
    """The bounds of what a user may choose for a worker, by the option's name."""
    floats = [
        call for call in ast.walk(ast.parse(python)) if isinstance(call, ast.Call) and ast.unparse(call.func) == "Float"
    ]
    return {
        ast.literal_eval(call.args[0]): {str(each.arg): ast.literal_eval(each.value) for each in call.keywords}
        for call in floats
    }


def test_with_dask_off_nothing_of_the_gateway_is_rendered(render: Render) -> None:
    rendered = render("dask off")
    assert "dask" not in "".join(name for _, name in rendered.objects)
    assert rendered.kinds("ClusterRole", "ClusterRoleBinding", "IngressRoute", "Middleware") == {}
    assert rendered.hub_values["hub"]["services"] == {}


@with_dask
def test_the_gateway_is_an_api_server_a_controller_and_a_proxy(render: Render, name: str) -> None:
    deployments = {called for _, called in render(name).kinds("Deployment")} - {"hub", "proxy"}
    end = gateway_name(render(name).tenancy.release)
    assert deployments == {cut(f"{component}-{end}") for component in ("api", "controller", "traefik")}


@with_dask
def test_the_service_that_hub_and_notebooks_are_told_is_there(render: Render, name: str) -> None:
    rendered = render(name)
    service = gateway_service(rendered.tenancy.release)
    assert ("Service", service) in rendered.objects
    hub, notebook = rendered.hub_values["hub"], rendered.hub_values["singleuser"]
    assert hub["services"]["dask-gateway"]["url"] == f"http://{service}"
    assert notebook["extraEnv"]["DASK_GATEWAY__PROXY_ADDRESS"] == f"gateway://{service}:80"


@with_dask
@pytest.mark.parametrize("policy", ["hub", "proxy", "singleuser"])
def test_the_policies_let_the_hubs_pods_reach_the_gateways_proxy(render: Render, name: str, policy: str) -> None:
    rendered = render(name)
    service = gateway_service(rendered.tenancy.release)
    proxy = rendered.pods["Deployment", service]
    [web] = [port for port in rendered.objects["Service", service]["spec"]["ports"] if port["port"] == 80]
    assert any(
        rule.get("ports") == [{"port": web["targetPort"], "protocol": "TCP"}]
        and peer.get("podSelector", {}).get("matchLabels", {"": ""}).items() <= proxy["metadata"]["labels"].items()
        for rule in rendered.objects["NetworkPolicy", policy]["spec"]["egress"]
        for peer in rule["to"]
    )


@with_dask
def test_the_gateway_may_reach_the_hub_and_finds_its_token(render: Render, name: str) -> None:
    rendered = render(name)
    api = rendered.pods["Deployment", f"api-{gateway_name(rendered.tenancy.release)}"]
    [admitted] = rendered.objects["NetworkPolicy", "hub"]["spec"]["ingress"]
    assert admitted["from"][0]["podSelector"]["matchLabels"].items() <= api["metadata"]["labels"].items()
    [token] = [each["valueFrom"]["secretKeyRef"] for each in api["spec"]["containers"][0]["env"]]
    assert token["key"] in rendered.objects["Secret", token["name"]]["data"]


@with_dask
@pytest.mark.parametrize("component", ["api", "controller"])
def test_the_gateways_configuration_is_python(render: Render, name: str, component: str) -> None:
    compile(configuration(render(name), component), f"{component}.py", "exec")


@with_dask
def test_the_gateway_asks_the_hub_who_somebody_is_and_whether_they_may(render: Render, name: str) -> None:
    chart = properties(configuration(render(name), "api"))
    assert chart["prefix"] == PREFIX
    assert chart["auth"]["type"] == "jupyterhub"
    assert chart["auth"]["jupyterhub"]["jupyterhubServiceName"] == "dask-gateway"


@with_dask
def test_schedulers_and_workers_run_the_notebooks_image(render: Render, name: str) -> None:
    image = properties(configuration(render(name), "api"))["backend"]["image"]
    assert f"{image['name']}:{image['tag']}" == render(name).tenancy.notebook.image


def test_a_cluster_has_the_bounds_of_its_tenancy(render: Render) -> None:
    python = configuration(render("dask bounded"), "api")
    bounds = {key: value for key, value in settings(python).items() if key.startswith("c.ClusterConfig.")}
    assert bounds == {
        "c.ClusterConfig.cluster_max_workers": 7,
        "c.ClusterConfig.cluster_max_cores": 14,
        "c.ClusterConfig.cluster_max_memory": "20.5 G",
        "c.ClusterConfig.idle_timeout": 45 * 60,
    }
    chosen = {option: {key: each[key] for key in ("min", "max", "default")} for option, each in choices(python).items()}
    assert chosen == {
        "worker_cores": {"min": 2, "max": 4, "default": 2},
        "worker_ram_gb": {"min": 0.5, "max": 6, "default": 1.5},
    }


def test_no_cluster_is_without_bounds(render: Render) -> None:
    bounds = settings(configuration(render(LEAST), "api"))
    assert all(bounds[f"c.ClusterConfig.cluster_max_{what}"] for what in ("workers", "cores", "memory"))
    assert bounds["c.ClusterConfig.idle_timeout"] > 0


def test_tenancies_of_one_cluster_share_no_object_that_has_no_namespace(render: Render) -> None:
    names = (LEAST, "named like the gateway", "longest name")
    shared = [set(render(name).kinds("ClusterRole", "ClusterRoleBinding")) for name in names]
    assert all(len(each) == 6 for each in shared)
    assert len(set.union(*shared)) == sum(map(len, shared))
