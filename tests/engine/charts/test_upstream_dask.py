"""What the upstream chart of the Dask gateway makes of a tenancy's values, and how it and the hub meet."""

import ast
import json
from typing import Any

import pytest

from components.chart.dask_access import PREFIX, gateway_name, gateway_service
from components.config.capacity import HUB_CPUS, HUB_RAM_GB
from tests.engine.charts.matrix import LEAST, MATRIX
from tests.engine.charts.pod_security import violations
from tests.engine.charts.renders import Render, Rendered

pytestmark = pytest.mark.engine

WITH_DASK = [name for name in MATRIX if name != "dask off"]
with_dask = pytest.mark.parametrize("name", WITH_DASK)


def cut(name: str) -> str:
    """As the chart cuts a name that is too long for a label."""
    return name[:63].removesuffix("-")


def configuration(rendered: Rendered, component: str) -> str:
    """The Python that the gateway's api server or controller starts with."""
    config = rendered.objects["ConfigMap", cut(f"{component}-{gateway_name(rendered.tenancy)}")]["data"]
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
    of_the_gateway = ("ClusterRole", "ClusterRoleBinding", "IngressRoute", "Middleware")
    assert rendered.kinds(*of_the_gateway, "ResourceQuota") == {}
    assert rendered.hub_values["hub"]["services"] == {}


@with_dask
def test_the_gateway_is_an_api_server_a_controller_and_a_proxy(render: Render, name: str) -> None:
    deployments = {called for _, called in render(name).kinds("Deployment")} - {"hub", "proxy"}
    end = gateway_name(render(name).tenancy)
    assert deployments == {cut(f"{component}-{end}") for component in ("api", "controller", "traefik")}


@with_dask
def test_the_service_that_notebooks_are_told_is_there(render: Render, name: str) -> None:
    rendered = render(name)
    service = gateway_service(rendered.tenancy)
    [web] = rendered.objects["Service", service]["spec"]["ports"]
    notebook = rendered.hub_values["singleuser"]
    assert notebook["extraEnv"]["DASK_GATEWAY__PROXY_ADDRESS"] == f"gateway://{service}:{web['port']}"
    assert notebook["extraEnv"]["DASK_GATEWAY__ADDRESS"] == f"http://{service}{PREFIX}"


@with_dask
def test_the_hubs_proxy_has_no_route_to_the_gateway(render: Render, name: str) -> None:
    assert "url" not in render(name).hub_values["hub"]["services"]["dask-gateway"]


@with_dask
def test_the_gateway_may_reach_the_hub_and_finds_its_token(render: Render, name: str) -> None:
    rendered = render(name)
    api = rendered.pods["Deployment", f"api-{gateway_name(rendered.tenancy)}"]
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
    assert f"{image['name']}:{image['tag']}" == str(render(name).tenancy.notebook.image)


@with_dask
@pytest.mark.parametrize("what", ["scheduler", "worker"])
def test_users_pods_have_a_priority_class_below_every_other_pod(render: Render, name: str, what: str) -> None:
    rendered = render(name)
    pod = properties(configuration(rendered, "api"))["backend"][what]["extraPodConfig"]
    priority = rendered.objects["PriorityClass", pod["priorityClassName"]]
    assert priority["value"] < 0
    assert priority["preemptionPolicy"] == "Never"
    assert priority["globalDefault"] is False


def test_workers_go_before_their_schedulers_and_the_hub_goes_last(render: Render) -> None:
    values = {called: each["value"] for (_, called), each in render(LEAST).kinds("PriorityClass").items()}
    assert values == {"vis-pangeo-hub": 10, "vis-pangeo-dask-scheduler": -5, "vis-pangeo-dask-worker": -10}


def test_the_quota_counts_schedulers_and_workers_and_nothing_else(render: Render) -> None:
    rendered = render("dask bounded")
    [quota] = rendered.kinds("ResourceQuota").values()
    assert quota["spec"]["hard"] == {"requests.cpu": "100000m", "requests.memory": "205312Mi"}
    [scope] = quota["spec"]["scopeSelector"]["matchExpressions"]
    assert (scope["scopeName"], scope["operator"]) == ("PriorityClass", "In")
    assert set(scope["values"]) == {"vis-pangeo-dask-scheduler", "vis-pangeo-dask-worker"}


def test_without_stated_workers_or_totals_there_is_no_quota(render: Render) -> None:
    assert render(LEAST).kinds("ResourceQuota") == {}
    assert render("stated workers").kinds("ResourceQuota") != {}


@with_dask
@pytest.mark.parametrize("what", ["scheduler", "worker"])
def test_users_pods_meet_the_pod_security_level_that_the_namespace_enforces(
    render: Render, name: str, what: str
) -> None:
    backend = properties(configuration(render(name), "api"))["backend"][what]
    assert (
        violations({"containers": [{"name": what, **backend["extraContainerConfig"]}], **backend["extraPodConfig"]})
        == []
    )


@with_dask
def test_what_hub_proxy_and_gateway_request_is_within_what_capacity_takes_off(render: Render, name: str) -> None:
    requests = [
        container["resources"]["requests"]
        for key, pod in render(name).pods.items()
        if key[0] == "Deployment"
        for container in pod["spec"]["containers"]
    ]
    assert len(requests) == 5
    assert sum(int(each["cpu"].removesuffix("m")) for each in requests) <= HUB_CPUS * 1000
    assert sum(int(each["memory"].removesuffix("Mi")) for each in requests) <= HUB_RAM_GB * 1024


@with_dask
def test_nothing_of_the_gateway_may_read_a_secret_outside_its_namespace(render: Render, name: str) -> None:
    may = {
        (resource, verb)
        for role in render(name).kinds("ClusterRole").values()
        for rule in role["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert {resource for resource, _ in may} == {"daskclusters", "pods", "endpoints"}
    assert {verb for _, verb in may} == {"list", "watch"}


@with_dask
def test_every_pod_of_the_gateway_has_an_account_that_is_there(render: Render, name: str) -> None:
    rendered = render(name)
    for component in ("api", "controller", "traefik"):
        pod = rendered.pods["Deployment", cut(f"{component}-{gateway_name(rendered.tenancy)}")]["spec"]
        assert ("ServiceAccount", pod["serviceAccountName"]) in rendered.objects
        assert ("RoleBinding", pod["serviceAccountName"]) in rendered.objects


def test_idle_clusters_stay_only_where_that_is_said(render: Render) -> None:
    assert settings(configuration(render("dask never idle"), "api"))["c.ClusterConfig.idle_timeout"] == 0


def test_a_cluster_has_the_bounds_of_its_tenancy(render: Render) -> None:
    python = configuration(render("dask bounded"), "api")
    bounds = {key: value for key, value in settings(python).items() if key.startswith("c.ClusterConfig.")}
    assert bounds == {
        "c.ClusterConfig.cluster_max_workers": 7,
        "c.ClusterConfig.cluster_max_cores": 14,
        "c.ClusterConfig.cluster_max_memory": "20.5 G",
        "c.ClusterConfig.idle_timeout": 45 * 60,
    }
    assert settings(python)["c.BoundedKubeBackend.clusters_per_user"] == 3
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
    kinds = ("ClusterRole", "ClusterRoleBinding", "PriorityClass")
    shared = [set(render(name).kinds(*kinds)) for name in names]
    assert all({key[0] for key in each} == set(kinds) for each in shared)
    assert len(set.union(*shared)) == sum(map(len, shared))
