"""What of the rendered objects two tenancies differ in: what was changed, and nothing else."""

import pytest

from tests.engine.charts.matrix import LEAST
from tests.engine.charts.renders import Render, changed, changed_lines, difference

pytestmark = pytest.mark.engine

HUB = [("Deployment", "hub"), ("Secret", "hub")]
"""The values are in the Secret; the Deployment has its checksum, so that the hub starts anew."""

IMAGES = [("ConfigMap", "hub"), ("DaemonSet", "continuous-image-puller")]
"""The chart notes a checksum of the images to keep beside the hub's configuration."""

GATEWAY = [("ConfigMap", "api-vis-pangeo-dask-gateway"), ("Deployment", "api-vis-pangeo-dask-gateway")]


@pytest.mark.parametrize(
    ("name", "objects"),
    [
        ("IPv6", []),
        ("halves", HUB),
        ("profiles", [*IMAGES, *HUB]),
        ("admins by group", HUB),
        ("starttls", HUB),
        ("nested groups", HUB),
        ("existing classes", [HUB[0], ("PersistentVolumeClaim", "hub-db-dir"), HUB[1]]),
        ("unprotected", [HUB[0], ("PersistentVolumeClaim", "hub-db-dir"), HUB[1]]),
        ("dask bounded", [*GATEWAY, ("ResourceQuota", "vis-pangeo-dask")]),
        ("own image", [GATEWAY[0], *IMAGES, GATEWAY[1], *HUB]),
    ],
)
def test_a_changed_setting_changes_these_objects(render: Render, name: str, objects: list[tuple[str, str]]) -> None:
    assert changed(render(LEAST), render(name)) == objects


def test_the_difference_names_the_values_and_says_nothing_else(render: Render) -> None:
    diff = difference(render(LEAST), render("halves"), (LEAST, "halves"))
    told = [line for line in changed_lines(diff) if "checksum/secret" not in line]
    assert sorted(f"{line[0]} {line[1:].strip()}" for line in told) == [
        "+ guarantee: 0.5",
        "+ guarantee: 1.5G",
        "+ limit: 0.5",
        "+ limit: 1.5G",
        "- guarantee: 2",
        "- guarantee: 4G",
        "- limit: 2",
        "- limit: 4G",
    ]
    assert "--- the least: Secret hub\n+++ halves: Secret hub" in diff


def test_equal_tenancies_have_no_difference(render: Render, render_anew: Render) -> None:
    assert difference(render(LEAST), render_anew(LEAST), ("one", "other")) == ""


def test_with_dask_off_what_goes_is_shown_whole(render: Render) -> None:
    diff = difference(render(LEAST), render("dask off"), (LEAST, "dask off"))
    assert "--- the least: Service traefik-vis-pangeo-dask-gateway" in diff
    assert "-  name: traefik-vis-pangeo-dask-gateway" in changed_lines(diff)
