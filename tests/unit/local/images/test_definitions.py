"""The images' definitions: pinned to the version, named in full, rebuilt with what they stand on."""

import json
import re
from dataclasses import replace

import pytest
import yaml

from local.images import definitions
from local.images.definitions import BASE, DEFINITIONS, GATEWAY, HUB, NOTEBOOK, PUBLISHED, STANDS_IN_FOR
from local.paths import PROJECT
from local.stand_ins.charts.assemble import STAND_INS

REQUIREMENTS = ["base.txt", "gateway.txt", "hub.txt", "notebook.txt", "proxy.txt", "traefik.txt"]


def pins(file: str) -> list[str]:
    lines = (DEFINITIONS / file).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("file", REQUIREMENTS)
def test_every_python_package_is_pinned_to_one_version(file: str) -> None:
    assert [pin for pin in pins(file) if not re.fullmatch(r"[a-z0-9-]+==[0-9][0-9A-Za-z.]*", pin)] == []


@pytest.mark.parametrize("file", ["gateway.txt", "hub.txt", "notebook.txt"])
def test_no_image_brings_another_version_of_what_the_base_has(file: str) -> None:
    def packages(of: str) -> set[str]:
        return {pin.split("==")[0] for pin in pins(of)}

    assert packages(file) & packages("base.txt") == set()


def test_hub_and_notebook_take_jupyterhub_from_the_base() -> None:
    assert "jupyterhub==5.5.0" in pins("base.txt")
    assert HUB.parent is BASE
    assert NOTEBOOK.parent is BASE
    assert GATEWAY.parent is BASE


def test_the_npm_lock_names_no_registry_and_checks_every_package() -> None:
    lock = json.loads((DEFINITIONS / "package-lock.json").read_text())
    packages = [entry for path, entry in lock["packages"].items() if path]
    assert packages
    assert all("integrity" in entry and "resolved" not in entry for entry in packages)


def test_an_image_is_made_anew_when_what_it_stands_on_changes() -> None:
    other_base = replace(BASE, files=())
    assert replace(HUB, parent=other_base).made_from != HUB.made_from
    assert replace(HUB).made_from == HUB.made_from


def test_no_name_can_be_mistaken_for_an_image_of_a_registry() -> None:
    assert definitions.names() == {name: f"localhost/pangeo/{name}:local" for name in PUBLISHED}


def test_only_images_the_node_is_given_stand_in_for_upstream_ones() -> None:
    assert {ours for places in STANDS_IN_FOR.values() for ours in places.values()} <= set(PUBLISHED)


def test_gateway_client_and_server_are_of_the_charts_version() -> None:
    chart = yaml.safe_load((STAND_INS / "dask-gateway" / "Chart.yaml").read_text())["version"]
    assert f"dask-gateway-server=={chart}" in pins("gateway.txt")
    assert {f"dask-gateway=={chart}", f"dask=={chart}", f"distributed=={chart}"} <= set(pins("notebook.txt"))


def test_the_gateways_proxy_is_of_the_version_its_chart_names_and_the_node_runs() -> None:
    values = yaml.safe_load((STAND_INS / "dask-gateway" / "values.yaml").read_text())
    assert values["traefik"]["image"] == {"name": "localhost/pangeo/traefik", "tag": "local", "pullPolicy": None}
    [pin] = pins("traefik.txt")
    assert pin in (PROJECT / "local" / "requirements.txt").read_text().splitlines()
