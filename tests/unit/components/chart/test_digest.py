"""The digest of everything from which Helm renders the chart."""

import io
import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from components.chart.digest import chart_digest, digest_files, read_chart, source_digest

CHART = {
    "Chart.yaml": "name: pangeo\n",
    "Chart.lock": 'dependencies: []\ngenerated: "2026-11-22T22:00:00Z"\n',
    ".helmignore": "*.tmp\nnotes/\n",
    "values.yaml": "a: 1\n",
    "values.schema.json": "{}",
    "templates/hub.yaml": "kind: ConfigMap\n",
    "templates/_names.tpl": "{{ define }}",
    "files/hub.py": "print()\n",
    "crds/one.yaml": "kind: CustomResourceDefinition\n",
}


def archive(files: Mapping[str, str], *, time: int = 0, mode: int = 0o644, level: int = 9) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=level) as packed:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.mode = len(text), time, mode
            packed.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    folder = tmp_path / "chart"
    for name, text in CHART.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "charts").mkdir()
    (folder / "charts" / "hub-1.tgz").write_bytes(archive({"hub/Chart.yaml": "x", "hub/values.yaml": "y"}))
    return folder


@pytest.mark.parametrize("name", [name for name in CHART if name != ".helmignore"])
def test_every_file_that_helm_loads_counts(chart: Path, name: str) -> None:
    before = chart_digest(chart)
    (chart / name).write_text(CHART[name] + "# changed\n")
    assert chart_digest(chart) != before


def test_new_renamed_and_removed_files_count(chart: Path) -> None:
    found = {chart_digest(chart)}
    (chart / "templates" / "new.yaml").write_text("kind: Service\n")
    found.add(chart_digest(chart))
    (chart / "templates" / "new.yaml").rename(chart / "templates" / "other.yaml")
    found.add(chart_digest(chart))
    (chart / "templates" / "hub.yaml").unlink()
    found.add(chart_digest(chart))
    assert len(found) == 4


@pytest.mark.parametrize(
    "name", ["a.tmp", "notes/todo.md", "templates/.hidden", "charts/_old.tgz", "charts/.part.tgz", "charts/README.md"]
)
def test_files_that_helm_ignores_do_not_count(chart: Path, name: str) -> None:
    before = chart_digest(chart)
    (chart / name).parent.mkdir(exist_ok=True)
    (chart / name).write_text("anything")
    assert chart_digest(chart) == before


def test_the_same_files_in_another_archive_are_no_change(chart: Path) -> None:
    before = chart_digest(chart)
    files = {"hub/values.yaml": "y", "hub/Chart.yaml": "x"}
    (chart / "charts" / "hub-1.tgz").write_bytes(archive(files, time=1_800_000_000, mode=0o600, level=1))
    assert chart_digest(chart) == before


def test_another_file_in_an_archive_is_a_change(chart: Path) -> None:
    before, source = chart_digest(chart), source_digest(chart)
    (chart / "charts" / "hub-1.tgz").write_bytes(archive({"hub/Chart.yaml": "x", "hub/values.yaml": "z"}))
    assert chart_digest(chart) != before
    assert source_digest(chart) == source


def test_a_broken_archive_has_a_digest_too(chart: Path) -> None:
    before = chart_digest(chart)
    (chart / "charts" / "hub-1.tgz").write_bytes(b"<html>not found")
    assert chart_digest(chart) != before


def test_another_checkout_has_the_same_digest(chart: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "chart"
    shutil.copytree(chart, other, copy_function=shutil.copyfile)
    for file in other.rglob("*.yaml"):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
        file.chmod(0o600)
    assert chart_digest(other) == chart_digest(chart)


def test_a_linked_chart_has_the_same_digest(chart: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(chart)
    assert chart_digest(tmp_path / "link") == chart_digest(chart)


def test_the_time_of_a_dependency_update_does_not_count(chart: Path) -> None:
    before = chart_digest(chart)
    (chart / "Chart.lock").write_text('dependencies: []\ngenerated: "2027-01-01T00:00:00Z"\n')
    assert chart_digest(chart) == before


def test_order_does_not_count_and_names_are_not_confused_with_contents(chart: Path) -> None:
    files = read_chart(chart)
    assert digest_files(dict(reversed(files.items()))) == digest_files(files)
    assert digest_files({"a": b"bc"}) != digest_files({"ab": b"c"})
