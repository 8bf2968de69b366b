"""The stand-in of the dask-gateway chart, rendered by helm with the values of the program."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.chart.values import chart_values
from local.stand_ins.charts.assemble import STAND_INS, upstream_charts
from tests.support.tenancies import tenancy

pytestmark = pytest.mark.engine

Objects = dict[tuple[str, str], dict[str, Any]]
Render = Callable[..., Objects]

CHART = STAND_INS / "dask-gateway"
KUBERNETES = "1.34.4"
RELEASE = "vis"
DEPLOYMENTS = ["api", "controller", "traefik"]

VALUES: dict[str, Any] = chart_values(tenancy(clusterName=RELEASE))["dask-gateway"]


def helm_template(tools: Path, chart: Path, values: dict[str, Any], *flags: str) -> str:
    words: list[str | Path] = [
        "template",
        RELEASE,
        chart,
        "--namespace",
        "pangeo",
        "--kube-version",
        KUBERNETES,
        "--values=-",
        *flags,
    ]
    done: subprocess.CompletedProcess[str] = subprocess.run(
        [tools / "helm", *words], input=yaml.safe_dump(values), capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode != 0:
        raise ValueError(done.stderr)
    return done.stdout


def objects(text: str) -> Objects:
    return {(each["kind"], each["metadata"]["name"]): each for each in yaml.safe_load_all(text) if each}


@pytest.fixture
def render(tools: Path) -> Render:
    def rendered(chart: Path = CHART, flags: tuple[str, ...] = (), **changes: Any) -> Objects:
        return objects(helm_template(tools, chart, {**VALUES, **changes}, *flags))

    return rendered


def named(part: str) -> str:
    return f"{part}-{RELEASE}-dask-gateway"


def pod(rendered: Objects, part: str) -> dict[str, Any]:
    template: dict[str, Any] = rendered["Deployment", named(part)]["spec"]["template"]
    return template


def configuration(rendered: Objects, part: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(rendered["ConfigMap", named(part)]["data"]["values.json"])
    return values


def test_values_of_the_program_are_accepted(render: Render) -> None:
    kinds = [kind for kind, _ in render()]

    assert sorted(kinds) == sorted(
        ["ConfigMap"] * 2 + ["Deployment"] * 3 + ["IngressRoute"] + ["Middleware"] * 2 + ["Service"] * 2
    )


def test_objects_are_named_and_labelled_as_in_the_upstream_chart(render: Render) -> None:
    upstream = upstream_charts(os.environ)
    if upstream is None:
        pytest.skip("PANGEO_UPSTREAM_CHARTS names no folder with the upstream charts")
    ours, theirs = render(), render(upstream / "dask-gateway")
    everything_ours = render(rbac={})
    everything_theirs = render(upstream / "dask-gateway", rbac={})

    assert ours.keys() == theirs.keys()
    assert everything_ours.keys() == everything_theirs.keys()
    for part in DEPLOYMENTS:
        selecting = theirs["Deployment", named(part)]["spec"]["selector"]["matchLabels"]
        assert ours["Deployment", named(part)]["spec"]["selector"]["matchLabels"] == selecting
        assert pod(ours, part)["metadata"]["labels"].items() >= pod(theirs, part)["metadata"]["labels"].items()
    for key in [key for key in ours if key[0] in ("IngressRoute", "Middleware")]:
        assert ours[key]["spec"] == theirs[key]["spec"]


def test_crds_are_those_of_the_upstream_chart(tools: Path) -> None:
    def kinds(chart: Path) -> set[tuple[str, str]]:
        rendered = objects(helm_template(tools, chart, VALUES, "--include-crds"))
        return {
            (name, version["name"])
            for (kind, name), each in rendered.items()
            if kind == "CustomResourceDefinition"
            for version in each["spec"]["versions"]
        }

    ours = kinds(CHART)
    assert ("daskclusters.gateway.dask.org", "v1alpha1") in ours
    assert len(ours) == 11
    upstream = upstream_charts(os.environ)
    if upstream is not None:
        assert ours == kinds(upstream / "dask-gateway")


def test_named_templates_differ_from_those_of_jupyterhub() -> None:
    # All charts of a release share their named templates: of two with the same name, one is used everywhere.
    def defined(chart: str) -> set[str]:
        found = [
            line.split('"')[1]
            for file in (STAND_INS / chart).rglob("*.*")
            if file.suffix in (".tpl", ".yaml")
            for line in file.read_text().splitlines()
            if "define " in line
        ]
        assert len(found) == len(set(found))
        return set(found)

    assert defined("dask-gateway") & defined("jupyterhub") == set()


def test_services_select_their_pods(render: Render) -> None:
    rendered = render()
    for part in ("api", "traefik"):
        labels = pod(rendered, part)["metadata"]["labels"].items()
        assert labels >= rendered["Service", named(part)]["spec"]["selector"].items()
    assert rendered["Service", named("traefik")]["spec"]["type"] == "ClusterIP"


def test_traefik_serves_only_the_routes_of_this_gateway(render: Render) -> None:
    rendered = render()
    words = pod(rendered, "traefik")["spec"]["containers"][0]["args"]
    selected = f"gateway.dask.org/instance={RELEASE}-dask-gateway"

    assert f"--providers.kubernetescrd.labelselector={selected}" in words
    label, _, value = selected.partition("=")
    for (kind, _), each in rendered.items():
        if kind in ("IngressRoute", "Middleware"):
            assert each["metadata"]["labels"][label] == value


def test_only_the_api_reaches_the_hub_with_the_token_of_its_secret(render: Render) -> None:
    rendered = render()
    labelled = [
        part
        for part in DEPLOYMENTS
        if "hub.jupyter.org/network-access-hub" in pod(rendered, part)["metadata"]["labels"]
    ]
    [variable] = pod(rendered, "api")["spec"]["containers"][0]["env"]

    assert labelled == ["api"]
    assert variable["valueFrom"]["secretKeyRef"] == {"name": "hub", "key": "hub.services.dask-gateway.apiToken"}


def test_given_token_is_only_in_the_secret(tools: Path) -> None:
    hub = {"apiToken": "only-in-the-secret", "jupyterhubServiceName": "dask-gateway"}
    text = helm_template(tools, CHART, {**VALUES, "gateway": {"auth": {"type": "jupyterhub", "jupyterhub": hub}}})

    assert "only-in-the-secret" not in text
    assert ("Secret", named("api")) in objects(text)


@pytest.mark.parametrize("part", DEPLOYMENTS)
def test_pods_meet_the_restricted_pod_security_level(render: Render, part: str) -> None:
    spec = pod(render(), part)["spec"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    [container] = spec["containers"]
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["securityContext"]["runAsUser"] > 0


def test_existing_service_accounts_are_used(render: Render) -> None:
    accounts = {part: {"serviceAccountName": f"own-{part}"} for part in ("gateway", "controller", "traefik")}

    rendered = render(rbac=accounts)

    assert pod(rendered, "api")["spec"]["serviceAccountName"] == "own-gateway"
    assert pod(rendered, "controller")["spec"]["serviceAccountName"] == "own-controller"
    assert {"ServiceAccount", "ClusterRole", "ClusterRoleBinding"} & {kind for kind, _ in rendered} == set()


def test_changed_limit_restarts_only_the_api(render: Render) -> None:
    before = render()
    after = render(gateway={**VALUES["gateway"], "extraConfig": {"limits": "c.ClusterConfig.idle_timeout = 7"}})

    assert pod(before, "api") != pod(after, "api")
    assert pod(before, "controller") == pod(after, "controller")
    assert pod(before, "traefik") == pod(after, "traefik")


def test_servers_read_the_given_values(render: Render) -> None:
    rendered = render()

    assert configuration(rendered, "api")["gateway"]["extraConfig"] == VALUES["gateway"]["extraConfig"]
    assert configuration(rendered, "api")["names"]["instance"] == f"{RELEASE}-dask-gateway"
    assert configuration(rendered, "controller")["gateway"] == {"prefix": "/services/dask-gateway"}


@pytest.mark.parametrize("part", ["scheduler", "worker"])
def test_pods_have_the_programs_settings_and_no_others(render: Render, part: str) -> None:
    backend = configuration(render(), "api")["gateway"]["backend"]

    given = VALUES["gateway"]["backend"][part]
    assert {key: backend[part][key] for key in given} == given


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gatway": {}}, "additional properties 'gatway' not allowed"),
        ({"gateway": {"auth": {"type": "kerberos"}}}, "/gateway/auth/type"),
        ({"traefik": {"installTraefik": False}}, "/traefik/installTraefik"),
        ({"traefik": {"service": {"ports": {"tcp": {"port": 8786}}}}}, "/traefik/service/ports/tcp/port"),
    ],
)
def test_unsupported_value_is_refused_by_name(render: Render, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        render(**changes)
