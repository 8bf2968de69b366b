"""Every image of every pod comes from the mirror, and every pod has the pull Secrets."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.chart.images import CHART_IMAGES
from local.paths import PROJECT
from local.stand_ins.charts.assemble import dependencies_of
from tests.engine.charts.matrix import MATRIX, MINIMAL
from tests.engine.charts.renders import Object, Render

pytestmark = pytest.mark.engine

MIRRORED = "mirror"
MIRROR = MATRIX[MIRRORED]["registries"]["mirror"]
PULL_SECRETS = [{"name": name} for name in MATRIX[MIRRORED]["registries"]["pullSecrets"]]


def containers(pod: Object) -> list[Object]:
    spec = pod["spec"]
    return [*spec.get("initContainers", []), *spec["containers"]]


def images_in(values: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    """Return the names of all images in a chart's default values, by their path."""
    if not isinstance(values, dict):
        return {}
    found = {path: values["name"]} if path[-1:] == ("image",) and "name" in values else {}
    for key, value in values.items():
        found |= images_in(value, (*path, key))
    return found


def test_every_container_image_is_in_the_mirror(render_either: Render) -> None:
    pods = render_either(MIRRORED).pods
    assert len(pods) >= 5
    for key, pod in pods.items():
        for container in containers(pod):
            assert container["image"].startswith(f"{MIRROR}/"), (key, container["name"])
            assert container["image"].partition("/")[2].count(":") == 1, "the chart's own tag"


def test_every_pod_template_has_the_pull_secrets(render_either: Render) -> None:
    for key, pod in render_either(MIRRORED).pods.items():
        assert pod["spec"].get("imagePullSecrets") == PULL_SECRETS, key


def test_pods_of_notebooks_have_mirror_and_pull_secrets(render: Render) -> None:
    hub = render(MIRRORED).hub_values
    assert hub["singleuser"]["image"]["name"] == f"{MIRROR}/quay.io/pangeo/pangeo-notebook"
    assert hub["singleuser"]["profileList"][0]["kubespawner_override"]["image"] == f"{MIRROR}/quay.io/other/notebook:1"
    assert hub["imagePullSecrets"] == PULL_SECRETS


def test_images_change_only_in_name_and_pull_secrets(render_either: Render) -> None:
    plain, mirrored = (
        copy.deepcopy({key: pod["spec"] for key, pod in render_either(name).pods.items()})
        for name in ("other profile image", MIRRORED)
    )
    for pods in (plain, mirrored):
        for spec in pods.values():
            spec.pop("imagePullSecrets", None)
            for container in containers({"spec": spec}):
                container["image"] = container["image"].rpartition(":")[2]
    assert mirrored == plain


def test_all_images_of_the_charts_are_known(upstream: Path) -> None:
    stack_images = {("jupyterhub", "singleuser", "image"), ("dask-gateway", "gateway", "backend", "image")}
    found: dict[tuple[str, ...], str] = {}
    for dependency in dependencies_of(PROJECT / "chart"):
        values = yaml.safe_load((upstream / dependency.name / "values.yaml").read_text())
        found |= images_in(values, (dependency.name,))
    assert {path: name for path, name in found.items() if path not in stack_images} == CHART_IMAGES


def test_no_pod_has_pull_secrets_without_the_key(render_either: Render) -> None:
    for pod in render_either(MINIMAL).pods.values():
        assert "imagePullSecrets" not in pod["spec"]
