"""Image definitions: pinned versions, full names, new builds after a change of the base image."""

import json
import re
from dataclasses import replace

import pytest
import yaml

from local.images import definitions
from local.images.definitions import (
    BASE,
    DEBIAN,
    DEFINITIONS,
    GATEWAY,
    HUB,
    NOTEBOOK,
    PANGEO,
    PUBLISHED,
    UPSTREAM_IMAGES,
)
from local.paths import PROJECT
from local.stand_ins.charts.assemble import STAND_INS

REQUIREMENTS = ["base.txt", "gateway.txt", "hub.txt", "notebook.txt", "proxy.txt", "traefik.txt"]


def pins(file: str) -> list[str]:
    lines = (DEFINITIONS / file).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("file", REQUIREMENTS)
def test_python_packages_are_pinned(file: str) -> None:
    assert [pin for pin in pins(file) if not re.fullmatch(r"[a-z0-9-]+==[0-9][0-9A-Za-z.]*", pin)] == []


@pytest.mark.parametrize("file", ["gateway.txt", "hub.txt", "notebook.txt"])
def test_images_do_not_repeat_packages_of_the_base(file: str) -> None:
    def packages(of: str) -> set[str]:
        return {pin.split("==")[0] for pin in pins(of)}

    assert packages(file) & packages("base.txt") == set()


def test_hub_and_notebook_share_jupyterhub() -> None:
    assert "jupyterhub==5.5.0" in pins("base.txt")
    assert HUB.parent is BASE
    assert NOTEBOOK.parent is BASE
    assert GATEWAY.parent is BASE


def test_npm_lock_has_checksums_and_no_registry() -> None:
    lock = json.loads((DEFINITIONS / "package-lock.json").read_text())
    packages = [entry for path, entry in lock["packages"].items() if path]
    assert packages
    assert all("integrity" in entry and "resolved" not in entry for entry in packages)


def test_image_is_rebuilt_after_its_base_changed() -> None:
    other_base = replace(BASE, files=())
    assert replace(HUB, parent=other_base).made_from != HUB.made_from
    assert replace(HUB).made_from == HUB.made_from


def test_pangeo_image_is_built_on_the_same_debian_and_rebuilt_after_a_change_of_any_copied_file() -> None:
    assert PANGEO.parent is DEBIAN
    assert PANGEO.arguments == (f"BASE={DEBIAN.reference}",)
    instructions = [line.split() for line in PANGEO.containerfile.read_text().splitlines()]
    copied = {words[1].rstrip("/") for words in instructions if words[:1] == ["COPY"] and words[1][0] != "-"}
    assert copied == {"packages.lock", "coastlines", "start", "examples"}
    assert copied < set(PANGEO.files)
    assert all((PANGEO.folder / file).exists() for file in PANGEO.files)
    assert replace(PANGEO, arguments=()).made_from != PANGEO.made_from


def test_image_names_point_to_no_registry() -> None:
    assert definitions.names() == {name: f"localhost/pangeo/{name}:local" for name in PUBLISHED}


def test_upstream_images_map_to_published_ones() -> None:
    assert {ours for places in UPSTREAM_IMAGES.values() for ours in places.values()} <= set(PUBLISHED)


def test_gateway_packages_have_the_charts_version() -> None:
    chart = yaml.safe_load((STAND_INS / "dask-gateway" / "Chart.yaml").read_text())["version"]
    assert f"dask-gateway-server=={chart}" in pins("gateway.txt")
    assert {f"dask-gateway=={chart}", f"dask=={chart}", f"distributed=={chart}"} <= set(pins("notebook.txt"))


def test_traefik_image_and_cluster_have_one_version() -> None:
    values = yaml.safe_load((STAND_INS / "dask-gateway" / "values.yaml").read_text())
    assert values["traefik"]["image"] == {"name": "localhost/pangeo/traefik", "tag": "local", "pullPolicy": None}
    [pin] = pins("traefik.txt")
    assert pin in (PROJECT / "local" / "requirements.txt").read_text().splitlines()
