"""Differences between the rendered objects of two tenancies."""

import pytest

from tests.engine.charts.matrix import MINIMAL
from tests.engine.charts.renders import Render, changed_lines, changed_objects, difference

pytestmark = pytest.mark.engine

HUB = [("Deployment", "hub"), ("Secret", "hub")]
"""The Secret contains the values; the Deployment contains its checksum, so that the hub restarts."""

IMAGES = [("ConfigMap", "hub"), ("DaemonSet", "continuous-image-puller")]
"""The hub's ConfigMap contains a checksum of the images to pull."""

GATEWAY = [("ConfigMap", "api-vis-pangeo-dask-gateway"), ("Deployment", "api-vis-pangeo-dask-gateway")]


@pytest.mark.parametrize(
    ("name", "objects"),
    [
        ("IPv6", []),
        ("halves", HUB),
        ("profiles", [GATEWAY[0], *IMAGES, GATEWAY[1], *HUB]),
        ("admins by group", HUB),
        ("starttls", HUB),
        ("nested groups", HUB),
        ("existing classes", [HUB[0], ("PersistentVolumeClaim", "hub-db-dir"), HUB[1]]),
        ("users' hosts", [HUB[0], ("Deployment", "proxy"), HUB[1]]),
        ("unprotected", [HUB[0], ("PersistentVolumeClaim", "hub-db-dir"), HUB[1]]),
        ("dask bounded", [*GATEWAY, ("ResourceQuota", "vis-pangeo-dask")]),
        ("own image", [GATEWAY[0], *IMAGES, GATEWAY[1], *HUB]),
    ],
)
def test_changed_setting_changes_only_these_objects(render: Render, name: str, objects: list[tuple[str, str]]) -> None:
    assert changed_objects(render(MINIMAL), render(name)) == objects


def test_difference_shows_only_the_changed_values(render: Render) -> None:
    diff = difference(render(MINIMAL), render("halves"), (MINIMAL, "halves"))
    lines = [line for line in changed_lines(diff) if "checksum/secret" not in line]
    assert sorted(f"{line[0]} {line[1:].strip()}" for line in lines) == [
        "+ guarantee: 0.5",
        "+ guarantee: 1.5G",
        "+ limit: 0.5",
        "+ limit: 1.5G",
        "- guarantee: 2",
        "- guarantee: 4G",
        "- limit: 2",
        "- limit: 4G",
    ]
    assert "--- minimal: Secret hub\n+++ halves: Secret hub" in diff


def test_equal_tenancies_have_no_difference(render: Render, render_anew: Render) -> None:
    assert difference(render(MINIMAL), render_anew(MINIMAL), ("one", "other")) == ""


def test_difference_shows_removed_objects_in_full(render: Render) -> None:
    diff = difference(render(MINIMAL), render("dask off"), (MINIMAL, "dask off"))
    assert "--- minimal: Service traefik-vis-pangeo-dask-gateway" in diff
    assert "-  name: traefik-vis-pangeo-dask-gateway" in changed_lines(diff)
