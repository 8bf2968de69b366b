"""The names of the images in a mirror and the pull Secrets, in the values of both charts."""

import json
from typing import Any

import pytest

from components.chart.images import CHART_IMAGES, DASK_CHART, HUB_CHART, PULL_SECRETS
from tests.support.rendered_values import values

MIRROR = "registry.example.org/cache"
OTHER_IMAGE = {"name": "Other", "image": "quay.io/somebody/notebook:1"}


def at(tree: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        tree = tree.get(key, {})
    return tree


def test_every_image_of_the_charts_is_in_the_mirror() -> None:
    given = values(registries={"mirror": MIRROR})
    for path in CHART_IMAGES:
        image = at(given, path)
        assert image["name"].startswith(f"{MIRROR}/"), path
        assert "tag" not in image, "the tag is the chart's"
    assert at(given, (DASK_CHART, "traefik", "image", "name")) == f"{MIRROR}/docker.io/library/traefik"


def test_the_images_of_the_stack_are_in_the_mirror() -> None:
    given = values(registries={"mirror": MIRROR}, notebook={"profiles": [OTHER_IMAGE]})
    notebook = {"name": f"{MIRROR}/quay.io/pangeo/pangeo-notebook", "tag": "2026.06.04"}
    assert at(given, (HUB_CHART, "singleuser", "image")) == notebook
    assert at(given, (DASK_CHART, "gateway", "backend", "image")) == notebook
    [profile] = at(given, (HUB_CHART, "singleuser", "profileList"))
    assert profile["kubespawner_override"]["image"] == f"{MIRROR}/quay.io/somebody/notebook:1"


def test_every_pod_has_the_pull_secrets() -> None:
    given = values(registries={"pullSecrets": ["one", "two"]})
    assert {json.dumps(at(given, path)) for path in PULL_SECRETS} == {'[{"name": "one"}, {"name": "two"}]'}


@pytest.mark.parametrize("registries", [{}, {"mirror": "", "pullSecrets": []}])
def test_nothing_is_set_without_the_keys(registries: dict[str, Any]) -> None:
    given = values(registries=registries)
    assert given == values()
    assert '"imagePullSecrets":' not in json.dumps(given)
    assert [path for path in CHART_IMAGES if at(given, path)] == []


def test_a_stack_without_dask_sets_nothing_in_its_chart() -> None:
    registries = {"mirror": MIRROR, "pullSecrets": ["one"]}
    assert values(registries=registries, dask={"enabled": False})[DASK_CHART] == {"enabled": False}
