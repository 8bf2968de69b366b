"""Add the charts on which ``chart/`` depends, like ``helm dependency update`` does from Helm repositories."""

import gzip
import hashlib
import io
import os
import shutil
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from local.failure import Failure
from local.host.commands import output
from local.host.stamps import digest, is_done, mark_done
from local.paths import LOCAL, PROJECT, State

STAND_INS = LOCAL / "stand_ins" / "charts"
"""Folder of the stand-in charts."""

UPSTREAM_VARIABLE = "PANGEO_UPSTREAM_CHARTS"
"""Environment variable with a folder of unpacked upstream charts, to be used instead of the stand-ins."""

PACKAGE_TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Dependency:
    """A chart on which the product's chart depends."""

    name: str
    version: str

    @property
    def archive(self) -> str:
        """Path of its archive inside the chart that depends on it."""
        return f"charts/{self.name}-{self.version}.tgz"


def assemble(state: State, product: Path = PROJECT / "chart") -> Path:
    """Copy the product's chart and put its dependencies into ``charts/``. Unchanged files are not written again.

    Returns:
        The folder of the complete chart.

    Raises:
        Failure: the folder in ``PANGEO_UPSTREAM_CHARTS`` does not contain both charts, or helm refuses one of them.
    """
    chart = state.engine / "chart"
    sources = chart_sources(os.environ)
    dependencies = dependencies_of(product)
    for dependency in dependencies:
        if not (sources / dependency.name / "Chart.yaml").is_file():
            raise Failure(
                f"{sources / dependency.name} does not contain the chart {dependency.name} {dependency.version}",
                fix=f"set {UPSTREAM_VARIABLE} to a folder with the unpacked charts "
                + " and ".join(f"{each.name}/" for each in dependencies),
            )
    files = {
        str(file.relative_to(product)): file.read_bytes()
        for file in sorted(product.rglob("*"))
        if file.is_file() and file.relative_to(product).parts[0] != "charts"
    }
    for dependency in dependencies:
        files[dependency.archive] = _package(state, sources / dependency.name, dependency)
    files["dependencies.sha256"] = "".join(
        f"{hashlib.sha256(files[dependency.archive]).hexdigest()}  {dependency.archive}\n"
        for dependency in dependencies
    ).encode()
    mirror(chart, files)
    return chart


def upstream_charts(environment: Mapping[str, str]) -> Path | None:
    """Return the folder of unpacked upstream charts, or None if the environment names none."""
    folder = environment.get(UPSTREAM_VARIABLE)
    return Path(folder).absolute() if folder else None


def chart_sources(environment: Mapping[str, str]) -> Path:
    """Return the folder of the dependencies: the one in ``PANGEO_UPSTREAM_CHARTS``, or the stand-ins.

    Raises:
        Failure: the folder in the variable does not exist.
    """
    upstream = upstream_charts(environment)
    if upstream is None:
        return STAND_INS
    if not upstream.is_dir():
        raise Failure(
            f"{UPSTREAM_VARIABLE} is {upstream}, which is not a folder",
            fix="set it to a folder with the unpacked charts jupyterhub/ and dask-gateway/, or unset it",
        )
    return upstream


def dependencies_of(product: Path) -> list[Dependency]:
    """Read the dependencies in the chart's ``Chart.yaml``."""
    listed = yaml.safe_load((product / "Chart.yaml").read_text())["dependencies"]
    return [Dependency(entry["name"], str(entry["version"])) for entry in listed]


def mirror(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write ``files``, by relative path, into ``folder`` and delete all others. Unchanged files are not written."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and str(file.relative_to(folder)) not in files:
            file.unlink()
    for name, content in files.items():
        file = folder / name
        if file.is_file() and file.read_bytes() == content:
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def remove_timestamps(archive: bytes) -> bytes:
    """Remove the times that ``helm package`` writes into a chart's archive, so that equal charts have equal bytes."""
    out = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(archive)) as packed,
        gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.GNU_FORMAT) as repacked,
    ):
        for member in sorted(packed.getmembers(), key=lambda each: each.name):
            member.mtime = 0
            repacked.addfile(member, packed.extractfile(member))
    return out.getvalue()


def _package(state: State, source: Path, dependency: Dependency) -> bytes:
    """Return the dependency's archive, which is packaged again only if its source changed."""
    kept = state.engine / "chart-archives" / Path(dependency.archive).name
    stamp = f"chart-{dependency.name}"
    made_from = digest(files=[source], texts=[str(source), dependency.version])
    if not (is_done(state, stamp, made_from) and kept.is_file()):
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as temporary:
            copy = Path(temporary) / dependency.name
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
            output(
                [state.bin / "helm", "package", copy, "--version", dependency.version, "--destination", temporary],
                timeout_seconds=PACKAGE_TIMEOUT_SECONDS,
            )
            kept.write_bytes(remove_timestamps((Path(temporary) / kept.name).read_bytes()))
        mark_done(state, stamp, made_from)
    return kept.read_bytes()
