"""The objects that the upstream chart of the Dask gateway renders from a tenancy's values."""

import ast
from typing import Any

import pytest

from components.capacity.node import HUB_CPUS, HUB_RAM_GB
from components.chart import members_access, verification_access
from components.chart.dask_access import PREFIX, gateway_name, gateway_service
from components.chart.dask_limits import dask_memory
from tests.engine.charts.gateway_configuration import configuration, properties, truncate
from tests.engine.charts.matrix import MATRIX, MINIMAL, matrix_tenancy
from tests.engine.charts.pod_security import find_violations
from tests.engine.charts.renders import Render

pytestmark = pytest.mark.engine

WITH_DASK = [name for name in MATRIX if matrix_tenancy(name).dask.enabled]
with_dask = pytest.mark.parametrize("name", WITH_DASK)


def settings(python: str) -> dict[str, Any]:
    """Return the settings of a configuration with constant values, by dotted name."""
    found = {}
    for statement in ast.parse(python).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
            found[ast.unparse(statement.targets[0])] = statement.value.value
    return found


def choices(python: str) -> dict[str, dict[str, Any]]:
    """Return the limits of the worker options, by the option's name."""
    values = {
        ast.unparse(statement.targets[0]): statement.value
        for statement in ast.parse(python).body
        if isinstance(statement, ast.Assign)
    }
    return {
        option: ast.literal_eval(values[f"c.BoundedKubeBackend.{option}"])
        for option in ("worker_cores", "worker_memory")
    }


def test_no_gateway_objects_without_dask(render: Render) -> None:
    rendered = render("dask off")
    assert "dask" not in "".join(name for _, name in rendered.objects)
    of_the_gateway = ("ClusterRole", "ClusterRoleBinding", "IngressRoute", "Middleware")
    assert rendered.kinds(*of_the_gateway, "ResourceQuota") == {}
    assert set(rendered.hub_values["hub"]["services"]) == {members_access.SERVICE, verification_access.SERVICE}


@with_dask
def test_gateway_has_three_deployments(render: Render, name: str) -> None:
    deployments = {called for _, called in render(name).kinds("Deployment")} - {"hub", "proxy"}
    end = gateway_name(render(name).tenancy)
    assert deployments == {truncate(f"{component}-{end}") for component in ("api", "controller", "traefik")}


@with_dask
def test_gateway_service_matches_the_notebooks_environment(render: Render, name: str) -> None:
    rendered = render(name)
    service = gateway_service(rendered.tenancy)
    [web] = rendered.objects["Service", service]["spec"]["ports"]
    notebook = rendered.hub_values["singleuser"]
    assert notebook["extraEnv"]["DASK_GATEWAY__PROXY_ADDRESS"] == f"gateway://{service}:{web['port']}"
    assert notebook["extraEnv"]["DASK_GATEWAY__ADDRESS"] == f"http://{service}{PREFIX}"


@with_dask
def test_hub_proxy_has_no_route_to_the_gateway(render: Render, name: str) -> None:
    assert "url" not in render(name).hub_values["hub"]["services"]["dask-gateway"]


@with_dask
def test_gateway_reaches_the_hub_and_has_its_token(render: Render, name: str) -> None:
    rendered = render(name)
    api = rendered.pods["Deployment", f"api-{gateway_name(rendered.tenancy)}"]
    [admitted] = rendered.objects["NetworkPolicy", "hub"]["spec"]["ingress"]
    assert admitted["from"][0]["podSelector"]["matchLabels"].items() <= api["metadata"]["labels"].items()
    [token] = [each["valueFrom"]["secretKeyRef"] for each in api["spec"]["containers"][0]["env"]]
    assert token["key"] in rendered.objects["Secret", token["name"]]["data"]


@with_dask
@pytest.mark.parametrize("component", ["api", "controller"])
def test_gateway_configuration_is_valid_python(render: Render, name: str, component: str) -> None:
    compile(configuration(render(name), component), f"{component}.py", "exec")


@with_dask
def test_gateway_authenticates_users_with_the_hub(render: Render, name: str) -> None:
    chart = properties(configuration(render(name), "api"))
    assert chart["prefix"] == PREFIX
    assert chart["auth"]["type"] == "jupyterhub"
    assert chart["auth"]["jupyterhub"]["jupyterhubServiceName"] == "dask-gateway"


@with_dask
def test_schedulers_and_workers_run_the_notebook_image(render: Render, name: str) -> None:
    image = properties(configuration(render(name), "api"))["backend"]["image"]
    tenancy = render(name).tenancy
    assert f"{image['name']}:{image['tag']}" == str(tenancy.registries.locate(tenancy.notebook.image))


@with_dask
def test_schedulers_and_workers_have_the_stacks_size(render: Render, name: str) -> None:
    dask = render(name).tenancy.dask
    backend = properties(configuration(render(name), "api"))["backend"]
    for component, cores, ram_gb in (
        ("scheduler", dask.scheduler_cores, dask.scheduler_ram_gb),
        ("worker", dask.worker_cores.default, dask.worker_ram_gb.default),
    ):
        assert backend[component]["cores"] == {"request": cores, "limit": cores}
        assert backend[component]["memory"] == dict.fromkeys(("request", "limit"), dask_memory(ram_gb))


@with_dask
@pytest.mark.parametrize("component", ["scheduler", "worker"])
def test_users_pods_have_a_low_priority_class(render: Render, name: str, component: str) -> None:
    rendered = render(name)
    pod = properties(configuration(rendered, "api"))["backend"][component]["extraPodConfig"]
    priority = rendered.objects["PriorityClass", pod["priorityClassName"]]
    assert priority["value"] < 0
    assert priority["preemptionPolicy"] == "Never"
    assert priority["globalDefault"] is False


def test_priorities_order_workers_schedulers_and_hub(render: Render) -> None:
    values = {called: each["value"] for (_, called), each in render(MINIMAL).kinds("PriorityClass").items()}
    assert values == {"vis-pangeo-hub": 10, "vis-pangeo-dask-scheduler": -5, "vis-pangeo-dask-worker": -10}


def test_quota_applies_only_to_schedulers_and_workers(render: Render) -> None:
    rendered = render("dask bounded")
    [quota] = rendered.kinds("ResourceQuota").values()
    assert quota["spec"]["hard"] == {"requests.cpu": "100000m", "requests.memory": "205312Mi"}
    [scope] = quota["spec"]["scopeSelector"]["matchExpressions"]
    assert (scope["scopeName"], scope["operator"]) == ("PriorityClass", "In")
    assert set(scope["values"]) == {"vis-pangeo-dask-scheduler", "vis-pangeo-dask-worker"}


def test_no_quota_without_limits_and_nodes(render: Render) -> None:
    assert render(MINIMAL).kinds("ResourceQuota") == {}
    assert render("stated workers").kinds("ResourceQuota") != {}


@with_dask
@pytest.mark.parametrize("component", ["scheduler", "worker"])
def test_users_pods_meet_the_enforced_pod_security_level(render: Render, name: str, component: str) -> None:
    backend = properties(configuration(render(name), "api"))["backend"][component]
    assert (
        find_violations(
            {"containers": [{"name": component, **backend["extraContainerConfig"]}], **backend["extraPodConfig"]}
        )
        == []
    )


@with_dask
def test_requests_of_the_hub_fit_the_capacity_allowance(render: Render, name: str) -> None:
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
def test_cluster_roles_of_the_gateway_cannot_read_secrets(render: Render, name: str) -> None:
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
def test_gateway_pods_have_existing_accounts(render: Render, name: str) -> None:
    rendered = render(name)
    for component in ("api", "controller", "traefik"):
        pod = rendered.pods["Deployment", truncate(f"{component}-{gateway_name(rendered.tenancy)}")]["spec"]
        assert ("ServiceAccount", pod["serviceAccountName"]) in rendered.objects
        assert ("RoleBinding", pod["serviceAccountName"]) in rendered.objects


def test_idle_clusters_stay_only_with_never(render: Render) -> None:
    assert settings(configuration(render("dask never idle"), "api"))["c.ClusterConfig.idle_timeout"] == 0


def test_cluster_has_the_tenancys_limits(render: Render) -> None:
    python = configuration(render("dask bounded"), "api")
    limits = {key: value for key, value in settings(python).items() if key.startswith("c.ClusterConfig.")}
    assert limits == {
        "c.ClusterConfig.cluster_max_workers": 7,
        "c.ClusterConfig.cluster_max_cores": 14,
        "c.ClusterConfig.cluster_max_memory": "20.5 G",
        "c.ClusterConfig.idle_timeout": 45 * 60,
    }
    assert settings(python)["c.BoundedKubeBackend.clusters_per_user"] == 3
    assert choices(python) == {
        "worker_cores": {"min": 2, "max": 4, "default": 2},
        "worker_memory": {"min": 0.5, "max": 6, "default": 1.5},
    }


def test_clusters_are_limited_by_default(render: Render) -> None:
    limits = settings(configuration(render(MINIMAL), "api"))
    assert all(limits[f"c.ClusterConfig.cluster_max_{resource}"] for resource in ("workers", "cores", "memory"))
    assert limits["c.ClusterConfig.idle_timeout"] > 0


def test_cluster_wide_objects_differ_between_tenancies(render: Render) -> None:
    names = (MINIMAL, "named like the gateway", "longest name")
    kinds = ("ClusterRole", "ClusterRoleBinding", "PriorityClass")
    shared = [set(render(name).kinds(*kinds)) for name in names]
    assert all({key[0] for key in each} == set(kinds) for each in shared)
    assert len(set.union(*shared)) == sum(map(len, shared))


def test_schedulers_and_workers_have_the_pull_secrets(render: Render) -> None:
    backend = properties(configuration(render("mirror"), "api"))["backend"]
    assert backend["image"]["name"] == "mirror.example.org:5000/cache/quay.io/pangeo/pangeo-notebook"
    assert backend["imagePullSecrets"] == [{"name": "registry-login"}, {"name": "second"}]
