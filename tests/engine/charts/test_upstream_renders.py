"""The objects that the upstream charts render from a tenancy's values: the hub's chart, and rules for both."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.chart.code_text import without_prose
from components.chart.hub_pages import branding_variables
from components.chart.mounted_code import COMPONENTS, HUB_FOLDER, MODULES
from components.chart.values import announcement
from local.paths import PROJECT
from local.stand_ins.charts.assemble import dependencies_of
from tests.engine.charts.matrix import MATRIX, MINIMAL
from tests.engine.charts.pod_security import find_violations
from tests.engine.charts.renders import SECRETS, Render, decode, find_differences

pytestmark = pytest.mark.engine

every_tenancy = pytest.mark.parametrize("name", MATRIX)

MAX_SECRET_BYTES = 1024 * 1024

LARGER_SECTIONS = {"metrics", "announcements", "branding", "termsOfUse"}
"""The optional sections with which further code of the hub is mounted."""


def labels(tree: object) -> list[str]:
    """Return the values of all labels and label selectors in an object."""
    if isinstance(tree, list):
        return [label for each in tree for label in labels(each)]
    if not isinstance(tree, dict):
        return []
    own = [str(label) for key in ("labels", "matchLabels", "selector") for label in _texts(tree.get(key))]
    return own + [label for each in tree.values() for label in labels(each)]


def _texts(mapping: object) -> list[str]:
    return [each for each in mapping.values() if isinstance(each, str)] if isinstance(mapping, dict) else []


def test_upstream_charts_have_the_required_versions(upstream: Path) -> None:
    for dependency in dependencies_of(PROJECT / "chart"):
        chart = yaml.safe_load((upstream / dependency.name / "Chart.yaml").read_text())
        assert chart["version"] == dependency.version, f"{dependency.name} has another version than chart/Chart.yaml"


@every_tenancy
def test_two_renders_are_identical(render: Render, render_anew: Render, name: str) -> None:
    assert render(name).text == render_anew(name).text


@every_tenancy
def test_hub_receives_every_value_unchanged(render: Render, name: str) -> None:
    assert list(find_differences(render(name).values["jupyterhub"], render(name).hub_values)) == []


@every_tenancy
def test_pods_meet_the_enforced_pod_security_level(render: Render, name: str) -> None:
    pods = render(name).pods
    assert {("Deployment", "hub"), ("Deployment", "proxy")} <= pods.keys()
    assert {key: find_violations(pod["spec"]) for key, pod in pods.items() if find_violations(pod["spec"])} == {}


@every_tenancy
def test_secrets_are_only_in_the_hubs_secret(render: Render, name: str) -> None:
    objects = render(name).objects
    assert SECRETS.crypt_key in decode(objects["Secret", "hub"])["hub.config.CryptKeeper.keys"]
    for key, each in objects.items():
        if key != ("Secret", "hub"):
            text = json.dumps(each) + json.dumps(decode(each) if key[0] == "Secret" else {})
            assert not [secret for secret in vars(SECRETS).values() if secret in text], key


@every_tenancy
def test_names_and_labels_are_short_enough(render: Render, name: str) -> None:
    for (kind, called), each in render(name).objects.items():
        assert len(called) <= 63, kind
        assert [label for label in labels(each) if len(label) > 63] == [], (kind, called)


@every_tenancy
def test_charts_expose_no_service_beside_the_ingress(render: Render, name: str) -> None:
    rendered = render(name)
    assert rendered.kinds("Ingress", "HTTPRoute", "Gateway") == {}
    services = rendered.kinds("Service").values()
    assert {service["spec"].get("type", "ClusterIP") for service in services} == {"ClusterIP"}


@every_tenancy
def test_charts_have_no_user_scheduler_and_no_hooks(render: Render, name: str) -> None:
    rendered = render(name)
    pools = rendered.tenancy.nodes.pools if rendered.tenancy.nodes else ()
    placeholders = {("StatefulSet", "user-placeholder")} if any(pool.placeholders for pool in pools) else set()
    assert rendered.kinds("StatefulSet", "Job").keys() == placeholders
    assert [key for key in rendered.objects if "user-scheduler" in key[1] or "hook" in key[1]] == []
    assert "helm.sh/hook" not in rendered.text


@every_tenancy
def test_hub_authenticates_only_with_ldap(render: Render, name: str) -> None:
    rendered = render(name)
    config = rendered.hub_values["hub"]["config"]
    assert config["JupyterHub"]["authenticator_class"] == "ldap"
    assert config["JupyterHub"]["template_vars"] == {
        "announcement_login": announcement(rendered.tenancy),
        **branding_variables(rendered.tenancy),
    }
    assert rendered.tenancy.notebook_users_group_dn in config["LDAPAuthenticator"]["allowed_groups"]
    assert config["LDAPAuthenticator"]["tls_kwargs"]["validate"] == 2
    assert "allow_all" not in json.dumps(config)


@every_tenancy
def test_hub_secret_is_well_below_the_size_limit(render: Render, name: str) -> None:
    data = decode(render(name).objects["Secret", "hub"])
    # The rest is for what operators add: to groups, folders, variables, terms of use and the logo.
    share = 2 / 3 if LARGER_SECTIONS & MATRIX[name].keys() else 1 / 2
    assert sum(len(value.encode()) for value in data.values()) < MAX_SECRET_BYTES * share


@every_tenancy
def test_network_policies_have_no_open_egress_rule(render: Render, name: str) -> None:
    policies = render(name).kinds("NetworkPolicy")
    for policy in ("hub", "proxy", "singleuser"):
        spec = policies["NetworkPolicy", policy]["spec"]
        assert spec["policyTypes"] == ["Ingress", "Egress"]
        assert all(rule.get("to") for rule in spec["egress"]), "a rule without a peer allows all connections"


def test_proxy_service_has_the_port_of_the_ingress(render: Render) -> None:
    service = render(MINIMAL).objects["Service", "proxy-public"]["spec"]
    assert [(port["name"], port["port"]) for port in service["ports"]] == [("http", 80)]
    labelled = render(MINIMAL).pods["Deployment", "proxy"]["metadata"]["labels"].items()
    assert service["selector"].items() <= labelled


@pytest.mark.parametrize(("name", "routes_by_host"), [(MINIMAL, False), ("users' hosts", True)])
def test_proxy_routes_by_host_if_the_hub_does(render_either: Render, name: str, routes_by_host: bool) -> None:
    rendered = render_either(name)
    [proxy] = rendered.pods["Deployment", "proxy"]["spec"]["containers"]
    assert ("subdomain_host" in rendered.values["jupyterhub"]["hub"]["config"]["JupyterHub"]) is routes_by_host
    assert proxy["command"].count("--host-routing") == routes_by_host


@pytest.mark.parametrize(
    ("name", "storage_class", "annotations"),
    [
        (MINIMAL, None, {"helm.sh/resource-policy": "keep"}),
        ("existing classes", "block", {"helm.sh/resource-policy": "keep"}),
        ("created class", "vis-pangeo-homes", {"helm.sh/resource-policy": "keep"}),
        ("unprotected", None, None),
    ],
)
def test_hub_database_has_its_class_and_is_kept_if_protected(
    render: Render, name: str, storage_class: str | None, annotations: dict[str, str] | None
) -> None:
    claim = render(name).objects["PersistentVolumeClaim", "hub-db-dir"]
    assert claim["spec"].get("storageClassName") == storage_class
    assert claim["metadata"].get("annotations") == annotations


@every_tenancy
def test_hub_modules_are_mounted_on_the_import_path(render: Render, name: str) -> None:
    rendered = render(name)
    data = decode(rendered.objects["Secret", "hub"])
    spec = rendered.pods["Deployment", "hub"]["spec"]
    [hub] = spec["containers"]
    mounted = {mount["mountPath"]: data.get(mount.get("subPath", "")) for mount in hub["volumeMounts"]}
    assert f"{HUB_FOLDER}/jupyterhub_config.py" == hub["args"][hub["args"].index("--config") + 1]
    for module in MODULES:
        text = mounted[f"{HUB_FOLDER}/{COMPONENTS.name}/{module}"]
        assert text == without_prose((COMPONENTS / module).read_text())


@pytest.mark.parametrize(
    ("name", "cpus", "memory"),
    [("halves", 0.5, "1.5G"), ("maximal", 512, "4096G"), (MINIMAL, 2, "4G")],
)
def test_notebook_limits_equal_its_guarantees(render: Render, name: str, cpus: float, memory: str) -> None:
    notebook = render(name).hub_values["singleuser"]
    assert notebook["cpu"] == {"limit": cpus, "guarantee": cpus}
    assert notebook["memory"] == {"limit": memory, "guarantee": memory}


def images(pod: dict[str, Any]) -> set[str]:
    spec = pod["spec"]
    return {container["image"] for container in (*spec.get("initContainers", []), *spec["containers"])}


@pytest.mark.parametrize("name", [MINIMAL, "own image", "image by digest"])
def test_image_puller_pulls_the_notebook_image(render: Render, name: str) -> None:
    rendered = render(name)
    assert str(rendered.tenancy.notebook.image) in images(rendered.pods["DaemonSet", "continuous-image-puller"])


def test_image_puller_pulls_the_images_of_profiles(render: Render) -> None:
    assert "registry.example.org:5000/other:1" in images(
        render("profiles").pods["DaemonSet", "continuous-image-puller"]
    )


def test_no_image_puller_without_pre_pull(render: Render) -> None:
    assert render("no pre-pull").kinds("DaemonSet") == {}
