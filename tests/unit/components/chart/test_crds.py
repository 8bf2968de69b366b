"""Which of the gateway chart's CRDs are a tenancy's to install and to upgrade."""

from dataclasses import replace
from pathlib import Path

import pytest

from components.chart.archives import ChartDependenciesError
from components.chart.crds import (
    VERSION_ANNOTATION,
    Crd,
    InstalledCrd,
    packaged_crds,
    select_crds,
    without_descriptions,
)
from tests.support.gateway_archives import DASK, TRAEFIK, crd, put_gateway

OURS = InstalledCrd("2026.3.0", changed_by_others=False)
SOMEBODYS = InstalledCrd(None, changed_by_others=True)


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    put_gateway(tmp_path, "2026.3.0", [crd(TRAEFIK), crd(DASK)])
    return tmp_path


@pytest.fixture
def definitions(chart: Path) -> list[Crd]:
    return packaged_crds(chart)


def declared(definitions: list[Crd], standing: dict[str, InstalledCrd] | None) -> list[str]:
    return [each.name for each in select_crds(definitions, standing).declared]


def test_every_crd_of_the_archive_is_found_with_the_charts_version(definitions: list[Crd]) -> None:
    assert [each.name for each in definitions] == [DASK, TRAEFIK]
    assert [each.annotations[VERSION_ANNOTATION] for each in definitions] == ["2026.3.0", "2026.3.0"]
    assert [each.is_dasks for each in definitions] == [True, False]


def test_a_chart_without_a_gateway_has_none(tmp_path: Path) -> None:
    (tmp_path / "Chart.lock").write_text("dependencies: []\n")

    assert packaged_crds(tmp_path) == []


def test_an_archive_that_is_missing_or_broken_is_told_with_the_way_out(chart: Path) -> None:
    archive = chart / "charts" / "dask-gateway-2026.3.0.tgz"
    archive.write_bytes(archive.read_bytes()[:100])
    with pytest.raises(ChartDependenciesError, match=r"dask-gateway-2026\.3\.0\.tgz cannot be read .* run: helm"):
        packaged_crds(chart)

    archive.unlink()
    with pytest.raises(ChartDependenciesError, match=r"cannot be read \(FileNotFoundError\)"):
        packaged_crds(chart)


def test_in_an_empty_cluster_all_are_declared(definitions: list[Crd]) -> None:
    assert select_crds(definitions, {}) == (tuple(definitions), ())


def test_a_preview_that_cannot_ask_the_cluster_shows_all(definitions: list[Crd]) -> None:
    assert declared(definitions, None) == [DASK, TRAEFIK]


def test_those_of_this_program_are_kept_and_upgraded(definitions: list[Crd]) -> None:
    older = replace(OURS, chart_version="2025.12.1")

    assert declared(definitions, {DASK: OURS, TRAEFIK: OURS}) == [DASK, TRAEFIK]
    assert declared(definitions, {DASK: older, TRAEFIK: older}) == [DASK, TRAEFIK]


def test_dasks_own_are_taken_over_from_helm_but_traefiks_are_the_clusters(definitions: list[Crd]) -> None:
    owned = select_crds(definitions, {DASK: SOMEBODYS, TRAEFIK: SOMEBODYS})

    assert [each.name for each in owned.declared] == [DASK]
    assert owned.notices == (f"{TRAEFIK}: the cluster's own; Dask Gateway uses them and leaves them as they are",)


def test_one_of_traefiks_that_somebody_changed_since_is_theirs(definitions: list[Crd]) -> None:
    assert declared(definitions, {TRAEFIK: replace(OURS, changed_by_others=True)}) == [DASK]


@pytest.mark.parametrize("version", ["2026.3.1", "2026.10.0", "2027.1.0"])
def test_what_another_tenancy_put_there_from_a_newer_chart_is_left(definitions: list[Crd], version: str) -> None:
    owned = select_crds(definitions, {DASK: InstalledCrd(version, changed_by_others=False), TRAEFIK: OURS})

    assert [each.name for each in owned.declared] == [TRAEFIK]
    assert f"dask-gateway {version}, newer than the 2026.3.0 of this one" in owned.notices[0]


def test_a_schema_loses_its_prose_and_nothing_else() -> None:
    schema = {
        "description": "Prose.",
        "required": ["description"],
        "properties": {
            "description": {"type": "string", "description": "Prose.", "default": {"description": "kept"}},
            "rules": {"type": "array", "items": {"description": "Prose.", "enum": ["description"]}},
            "any": {"anyOf": [{"description": "Prose.", "type": "integer"}], "x-kubernetes-int-or-string": True},
        },
    }

    assert without_descriptions(schema) == {
        "required": ["description"],
        "properties": {
            "description": {"type": "string", "default": {"description": "kept"}},
            "rules": {"type": "array", "items": {"enum": ["description"]}},
            "any": {"anyOf": [{"type": "integer"}], "x-kubernetes-int-or-string": True},
        },
    }
