"""The selection of the CRDs that a tenancy declares."""

from dataclasses import replace
from pathlib import Path

import pytest

from components.chart.archives import ChartDependenciesError
from components.chart.crds import (
    UNKNOWN_VERSION,
    VERSION_ANNOTATION,
    Crd,
    InstalledCrd,
    packaged_crds,
    select_crds,
)
from components.ownership.field_manager import FIELD_MANAGER, NAME_ANNOTATION
from tests.support.gateway_archives import DASK, TRAEFIK, crd, put_gateway

OTHER = "digest of another specification"
OURS = InstalledCrd("2026.3.0", changed_by_others=False)
FOREIGN = InstalledCrd(None, changed_by_others=True)


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    put_gateway(tmp_path, "2026.3.0", [crd(TRAEFIK), crd(DASK)])
    return tmp_path


@pytest.fixture
def packaged(chart: Path) -> list[Crd]:
    return packaged_crds(chart)


def declared(packaged: list[Crd], installed: dict[str, InstalledCrd] | None) -> list[str]:
    return [each.name for each in select_crds(packaged, installed).declared]


def test_packaged_crds_have_the_charts_version(packaged: list[Crd]) -> None:
    assert [each.name for each in packaged] == [DASK, TRAEFIK]
    assert [each.annotations[VERSION_ANNOTATION] for each in packaged] == ["2026.3.0", "2026.3.0"]
    assert [each.is_dask for each in packaged] == [True, False]


def test_chart_without_a_gateway_has_no_crds(tmp_path: Path) -> None:
    (tmp_path / "Chart.lock").write_text("dependencies: []\n")

    assert packaged_crds(tmp_path) == []


def test_missing_or_broken_archive_is_reported_with_the_fix(chart: Path) -> None:
    archive = chart / "charts" / "dask-gateway-2026.3.0.tgz"
    archive.write_bytes(archive.read_bytes()[:100])
    with pytest.raises(ChartDependenciesError, match=r"dask-gateway-2026\.3\.0\.tgz cannot be read .* run: helm"):
        packaged_crds(chart)

    archive.unlink()
    with pytest.raises(ChartDependenciesError, match=r"cannot be read \(FileNotFoundError\)"):
        packaged_crds(chart)


def test_all_crds_are_declared_in_an_empty_cluster(packaged: list[Crd]) -> None:
    assert select_crds(packaged, {}) == (tuple(packaged), ())


def test_all_crds_are_declared_if_the_cluster_is_unreachable(packaged: list[Crd]) -> None:
    assert declared(packaged, None) == [DASK, TRAEFIK]


def test_crds_of_this_program_are_kept_and_upgraded(packaged: list[Crd]) -> None:
    older = replace(OURS, chart_version="2025.12.1")

    assert declared(packaged, {DASK: OURS, TRAEFIK: OURS}) == [DASK, TRAEFIK]
    assert declared(packaged, {DASK: older, TRAEFIK: older}) == [DASK, TRAEFIK]


def test_only_equal_dask_crds_are_adopted_from_helm(packaged: list[Crd]) -> None:
    equal = replace(FOREIGN, content=packaged[0].content)

    selection = select_crds(packaged, {DASK: equal, TRAEFIK: FOREIGN})

    assert [each.name for each in selection.declared] == [DASK]
    assert selection.notices == (f"{TRAEFIK}: not changed, because they belong to the cluster; Dask Gateway uses them",)


def test_traefik_crd_changed_by_others_is_left_unchanged(packaged: list[Crd]) -> None:
    assert declared(packaged, {TRAEFIK: replace(OURS, changed_by_others=True)}) == [DASK]


@pytest.mark.parametrize("version", ["2026.3.1", "2026.10.0", "2027.1.0"])
def test_crd_of_a_newer_chart_is_left_unchanged(packaged: list[Crd], version: str) -> None:
    selection = select_crds(packaged, {DASK: InstalledCrd(version, changed_by_others=False), TRAEFIK: OURS})

    assert [each.name for each in selection.declared] == [TRAEFIK]
    assert f"dask-gateway {version}, which is newer than this tenancy's 2026.3.0" in selection.notices[0]


@pytest.mark.parametrize("version", ["2026.3.0", None])
def test_crd_with_other_content_is_not_overwritten(packaged: list[Crd], version: str | None) -> None:
    selection = select_crds(packaged, {DASK: replace(OURS, chart_version=version, content=OTHER), TRAEFIK: OURS})

    assert [each.name for each in selection.declared] == [TRAEFIK]
    (notice,) = selection.notices
    assert notice.startswith(f"{DASK}: not changed, because the cluster has them with other content")
    assert notice.endswith(f"kubectl annotate --overwrite crd {DASK} {VERSION_ANNOTATION}={UNKNOWN_VERSION}")


@pytest.mark.parametrize("version", ["2025.12.1", UNKNOWN_VERSION])
def test_crd_with_other_content_of_an_older_chart_is_upgraded(packaged: list[Crd], version: str) -> None:
    assert declared(packaged, {DASK: replace(OURS, chart_version=version, content=OTHER)}) == [DASK, TRAEFIK]


def test_installed_crds_keep_the_name_that_set_them(packaged: list[Crd]) -> None:
    older = replace(OURS, field_manager="pulumi-kubernetes-0a1b2c3d")

    selection = select_crds(packaged, {DASK: older, TRAEFIK: OURS})

    names = [each.annotations[NAME_ANNOTATION] for each in selection.declared]
    assert names == ["pulumi-kubernetes-0a1b2c3d", FIELD_MANAGER]
