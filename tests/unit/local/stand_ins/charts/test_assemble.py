"""The product's chart gets its dependencies from one folder, and only changed files are written."""

import io
import os
import tarfile
from pathlib import Path

import pytest

from local.failure import Failure
from local.paths import PROJECT
from local.stand_ins.charts.assemble import (
    STAND_INS,
    Dependency,
    chart_sources,
    dependencies_of,
    mirror,
    remove_timestamps,
)


def archive(*, time: int, order: list[str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name in order:
            member = tarfile.TarInfo(f"chart/{name}")
            member.size, member.mtime = len(name), time
            tar.addfile(member, io.BytesIO(name.encode()))
    return out.getvalue()


def test_stand_ins_are_used_unless_upstream_charts_are_named(tmp_path: Path) -> None:
    assert chart_sources({}) == STAND_INS
    assert chart_sources({"PANGEO_UPSTREAM_CHARTS": ""}) == STAND_INS
    assert chart_sources({"PANGEO_UPSTREAM_CHARTS": str(tmp_path)}) == tmp_path


def test_missing_folder_of_upstream_charts_is_reported(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"PANGEO_UPSTREAM_CHARTS is .*/nowhere, which is not a folder"):
        chart_sources({"PANGEO_UPSTREAM_CHARTS": str(tmp_path / "nowhere")})


def test_every_dependency_has_a_stand_in_of_its_version() -> None:
    for dependency in dependencies_of(PROJECT / "chart"):
        described = (STAND_INS / dependency.name / "Chart.yaml").read_text()
        assert f"\nname: {dependency.name}\nversion: {dependency.version}\n" in described


def test_archives_have_the_names_that_helm_expects() -> None:
    assert Dependency("jupyterhub", "4.4.0").archive == "charts/jupyterhub-4.4.0.tgz"


def test_equal_charts_have_equal_bytes() -> None:
    first = archive(time=1, order=["Chart.yaml", "values.yaml"])
    second = archive(time=2, order=["values.yaml", "Chart.yaml"])
    assert first != second
    assert remove_timestamps(first) == remove_timestamps(second)
    with tarfile.open(fileobj=io.BytesIO(remove_timestamps(first))) as tar:
        assert tar.getnames() == ["chart/Chart.yaml", "chart/values.yaml"]
        content = tar.extractfile("chart/values.yaml")
        assert content is not None
        assert content.read() == b"values.yaml"


def test_only_changed_files_are_written_and_old_ones_deleted(tmp_path: Path) -> None:
    mirror(tmp_path, {"same": b"1", "charts/changed": b"2", "charts/gone": b"3"})
    for file in ("same", "charts/changed"):
        os.utime(tmp_path / file, (0, 0))
    mirror(tmp_path, {"same": b"1", "charts/changed": b"22"})
    assert (tmp_path / "same").stat().st_mtime == 0
    assert (tmp_path / "charts/changed").read_bytes() == b"22"
    assert not (tmp_path / "charts/gone").exists()
