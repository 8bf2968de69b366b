"""Put the charts that ``chart/`` depends on beside it, as ``helm dependency update`` would from Helm repositories."""

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
UPSTREAM_VARIABLE = "PANGEO_UPSTREAM_CHARTS"
PACKAGE_TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Dependency:
    """A chart that the product's chart asks for."""

    name: str
    version: str

    @property
    def archive(self) -> str:
        """Where Helm looks for it inside the chart that depends on it."""
        return f"charts/{self.name}-{self.version}.tgz"


def assemble(state: State, product: Path = PROJECT / "chart") -> Path:
    """The product's chart with its dependencies in ``charts/``; files whose content did not change are left alone.

    Raises:
        Failure: ``PANGEO_UPSTREAM_CHARTS`` names a folder without the two charts, or helm refuses one of them.
    """
    chart = state.engine / "chart"
    sources = chart_sources(os.environ)
    dependencies = dependencies_of(product)
    for dependency in dependencies:
        if not (sources / dependency.name / "Chart.yaml").is_file():
            raise Failure(
                f"{sources / dependency.name} holds no chart {dependency.name} {dependency.version}",
                way_on=f"let {UPSTREAM_VARIABLE} name a folder with the unpacked charts "
                + " and ".join(f"{wanted.name}/" for wanted in dependencies),
            )
    wanted = {
        str(file.relative_to(product)): file.read_bytes()
        for file in sorted(product.rglob("*"))
        if file.is_file() and file.relative_to(product).parts[0] != "charts"
    }
    for dependency in dependencies:
        wanted[dependency.archive] = _packaged(state, sources / dependency.name, dependency)
    wanted["dependencies.sha256"] = "".join(
        f"{hashlib.sha256(wanted[dependency.archive]).hexdigest()}  {dependency.archive}\n"
        for dependency in dependencies
    ).encode()
    mirror(chart, wanted)
    return chart


def upstream_charts(environment: Mapping[str, str]) -> Path | None:
    """The folder of unpacked upstream charts, where the environment names one."""
    folder = environment.get(UPSTREAM_VARIABLE)
    return Path(folder).absolute() if folder else None


def chart_sources(environment: Mapping[str, str]) -> Path:
    """Where the dependencies come from: the folder ``PANGEO_UPSTREAM_CHARTS`` names, or the stand-ins.

    Raises:
        Failure: the folder that the variable names is not there.
    """
    upstream = upstream_charts(environment)
    if upstream is None:
        return STAND_INS
    if not upstream.is_dir():
        raise Failure(
            f"{UPSTREAM_VARIABLE} is {upstream}, which is no folder",
            way_on="let it name a folder with the unpacked charts jupyterhub/ and dask-gateway/, or unset it",
        )
    return upstream


def dependencies_of(product: Path) -> list[Dependency]:
    """The dependencies that the chart's ``Chart.yaml`` lists."""
    listed = yaml.safe_load((product / "Chart.yaml").read_text())["dependencies"]
    return [Dependency(entry["name"], str(entry["version"])) for entry in listed]


def mirror(folder: Path, wanted: Mapping[str, bytes]) -> None:
    """Make ``folder`` hold exactly the ``wanted`` files, by relative path, touching only what differs."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and str(file.relative_to(folder)) not in wanted:
            file.unlink()
    for name, content in wanted.items():
        file = folder / name
        if file.is_file() and file.read_bytes() == content:
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def timeless(archive: bytes) -> bytes:
    """The same chart archive without the times that ``helm package`` writes into it: equal charts are equal bytes."""
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


def _packaged(state: State, source: Path, dependency: Dependency) -> bytes:
    """The dependency's archive, kept until its source changes."""
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
            kept.write_bytes(timeless((Path(temporary) / kept.name).read_bytes()))
        mark_done(state, stamp, made_from)
    return kept.read_bytes()
