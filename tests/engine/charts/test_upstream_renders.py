"""What the upstream charts make of a tenancy's values: the objects of the hub's chart, and rules for all of both."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.chart.mounted_code import COMPONENTS, HUB_FOLDER, MODULES
from components.chart.values import announcement
from local.paths import PROJECT
from local.stand_ins.charts.assemble import dependencies_of
from tests.engine.charts.matrix import LEAST, MATRIX
from tests.engine.charts.pod_security import violations
from tests.engine.charts.renders import SECRETS, Render, plain, unlike

pytestmark = pytest.mark.engine

every_tenancy = pytest.mark.parametrize("name", MATRIX)

MOST_BYTES_OF_A_SECRET = 1024 * 1024


def labels(tree: object) -> list[str]:
    """The values of all labels and label selectors in an object."""
    if isinstance(tree, list):
        return [label for each in tree for label in labels(each)]
    if not isinstance(tree, dict):
        return []
    own = [str(label) for key in ("labels", "matchLabels", "selector") for label in _texts(tree.get(key))]
    return own + [label for each in tree.values() for label in labels(each)]


def _texts(mapping: object) -> list[str]:
    return [each for each in mapping.values() if isinstance(each, str)] if isinstance(mapping, dict) else []


def test_the_folder_holds_the_versions_that_the_product_depends_on(upstream: Path) -> None:
    for dependency in dependencies_of(PROJECT / "chart"):
        chart = yaml.safe_load((upstream / dependency.name / "Chart.yaml").read_text())
        assert chart["version"] == dependency.version, f"{dependency.name} is another version than the product's"


@every_tenancy
def test_two_renders_are_the_same_to_the_byte(render: Render, render_anew: Render, name: str) -> None:
    assert render(name).text == render_anew(name).text


@every_tenancy
def test_every_value_reaches_the_hub_as_it_was_given(render: Render, name: str) -> None:
    assert list(unlike(render(name).values["jupyterhub"], render(name).hub_values)) == []


@every_tenancy
def test_every_pod_meets_the_pod_security_level_that_the_namespace_enforces(render: Render, name: str) -> None:
    pods = render(name).pods
    assert {("Deployment", "hub"), ("Deployment", "proxy")} <= pods.keys()
    assert {key: violations(pod["spec"]) for key, pod in pods.items() if violations(pod["spec"])} == {}


@every_tenancy
def test_secrets_are_in_the_hubs_secret_and_in_nothing_else(render: Render, name: str) -> None:
    objects = render(name).objects
    assert SECRETS.crypt_key in plain(objects["Secret", "hub"])["hub.config.CryptKeeper.keys"]
    for key, each in objects.items():
        if key != ("Secret", "hub"):
            text = json.dumps(each) + json.dumps(plain(each) if key[0] == "Secret" else {})
            assert not [secret for secret in vars(SECRETS).values() if secret in text], key


@every_tenancy
def test_names_and_labels_are_short_enough_for_kubernetes(render: Render, name: str) -> None:
    for (kind, called), each in render(name).objects.items():
        assert len(called) <= 63, kind
        assert [label for label in labels(each) if len(label) > 63] == [], (kind, called)


@every_tenancy
def test_the_charts_bring_no_way_in_beside_the_programs_own_ingress(render: Render, name: str) -> None:
    rendered = render(name)
    assert rendered.kinds("Ingress", "HTTPRoute", "Gateway") == {}
    services = rendered.kinds("Service").values()
    assert {service["spec"].get("type", "ClusterIP") for service in services} == {"ClusterIP"}


@every_tenancy
def test_no_scheduler_no_placeholder_and_no_hook_is_left(render: Render, name: str) -> None:
    rendered = render(name)
    assert rendered.kinds("StatefulSet", "Job") == {}
    assert [key for key in rendered.objects if "user-scheduler" in key[1] or "hook" in key[1]] == []
    assert "helm.sh/hook" not in rendered.text


@every_tenancy
def test_the_hub_logs_in_by_ldap_alone(render: Render, name: str) -> None:
    rendered = render(name)
    config = rendered.hub_values["hub"]["config"]
    assert config["JupyterHub"]["authenticator_class"] == "ldap"
    assert config["JupyterHub"]["template_vars"] == {"announcement_login": announcement(rendered.tenancy)}
    assert rendered.tenancy.notebook_users_group_dn in config["LDAPAuthenticator"]["allowed_groups"]
    assert config["LDAPAuthenticator"]["tls_kwargs"]["validate"] == 2
    assert "allow_all" not in json.dumps(config)


@every_tenancy
def test_the_hubs_secret_is_far_from_the_most_that_kubernetes_keeps(render: Render, name: str) -> None:
    data = plain(render(name).objects["Secret", "hub"])
    assert sum(len(value.encode()) for value in data.values()) < MOST_BYTES_OF_A_SECRET / 4


@every_tenancy
def test_the_networks_of_hub_proxy_and_notebooks_are_closed_but_for_what_is_named(render: Render, name: str) -> None:
    policies = render(name).kinds("NetworkPolicy")
    for policy in ("hub", "proxy", "singleuser"):
        spec = policies["NetworkPolicy", policy]["spec"]
        assert spec["policyTypes"] == ["Ingress", "Egress"]
        assert all(rule.get("to") for rule in spec["egress"]), "a rule without a peer opens everything"


def test_the_ingress_finds_the_proxy_at_port_http(render: Render) -> None:
    service = render(LEAST).objects["Service", "proxy-public"]["spec"]
    assert [(port["name"], port["port"]) for port in service["ports"]] == [("http", 80)]
    labelled = render(LEAST).pods["Deployment", "proxy"]["metadata"]["labels"].items()
    assert service["selector"].items() <= labelled


@pytest.mark.parametrize(
    ("name", "storage_class", "annotations"),
    [
        (LEAST, None, {"helm.sh/resource-policy": "keep"}),
        ("existing classes", "block", {"helm.sh/resource-policy": "keep"}),
        ("created class", "vis-pangeo-homes", {"helm.sh/resource-policy": "keep"}),
        ("unprotected", None, None),
    ],
)
def test_the_hubs_database_has_its_class_and_is_kept_while_protected(
    render: Render, name: str, storage_class: str | None, annotations: dict[str, str] | None
) -> None:
    claim = render(name).objects["PersistentVolumeClaim", "hub-db-dir"]
    assert claim["spec"].get("storageClassName") == storage_class
    assert claim["metadata"].get("annotations") == annotations


@every_tenancy
def test_the_hubs_own_modules_are_where_its_configuration_imports_them(render: Render, name: str) -> None:
    rendered = render(name)
    data = plain(rendered.objects["Secret", "hub"])
    spec = rendered.pods["Deployment", "hub"]["spec"]
    [hub] = spec["containers"]
    mounted = {mount["mountPath"]: data.get(mount.get("subPath", "")) for mount in hub["volumeMounts"]}
    assert f"{HUB_FOLDER}/jupyterhub_config.py" == hub["args"][hub["args"].index("--config") + 1]
    for module in MODULES:
        assert mounted[f"{HUB_FOLDER}/{COMPONENTS.name}/{module}"] == (COMPONENTS / module).read_text()


@pytest.mark.parametrize(
    ("name", "cpus", "memory"),
    [("halves", 0.5, "1.5G"), ("the most", 512, "4096G"), (LEAST, 2, "4G")],
)
def test_a_notebook_has_its_size_as_limit_and_guarantee(render: Render, name: str, cpus: float, memory: str) -> None:
    notebook = render(name).hub_values["singleuser"]
    assert notebook["cpu"] == {"limit": cpus, "guarantee": cpus}
    assert notebook["memory"] == {"limit": memory, "guarantee": memory}


def images(pod: dict[str, Any]) -> set[str]:
    spec = pod["spec"]
    return {container["image"] for container in (*spec.get("initContainers", []), *spec["containers"])}


@pytest.mark.parametrize("name", [LEAST, "own image", "image by digest"])
def test_the_image_that_workers_keep_is_the_notebooks(render: Render, name: str) -> None:
    rendered = render(name)
    assert str(rendered.tenancy.notebook.image) in images(rendered.pods["DaemonSet", "continuous-image-puller"])


def test_workers_keep_the_images_of_profiles_too(render: Render) -> None:
    assert "registry.example.org:5000/other:1" in images(
        render("profiles").pods["DaemonSet", "continuous-image-puller"]
    )


def test_no_worker_keeps_images_where_that_is_off(render: Render) -> None:
    assert render("no pre-pull").kinds("DaemonSet") == {}
