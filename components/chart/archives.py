"""Verification of the archives of the two charts that ``chart/`` depends on.

Helm does not verify archives: ``Chart.lock`` contains only a hash of the list of dependencies. Therefore
``chart/dependencies.sha256`` (in the format of sha256sum) holds the digests of the archives.
"""

import hashlib
from pathlib import Path

import yaml

CHART = Path("chart")
"""Folder of the chart, relative to the project's folder, in which the engine and its plugins run.

A relative path keeps the paths of a machine out of the state.
"""

FETCH = "helm dependency update chart"
"""Command that downloads the archives."""


class ChartDependenciesError(Exception):
    """An archive is missing or has the wrong digest. The message names the archive and the command to run."""


def verify_dependencies(chart: Path = CHART) -> list[str]:
    """Check every archive in ``Chart.lock``; return a notice for each archive without a pinned digest.

    Raises:
        ChartDependenciesError: an archive is missing or has another digest; the text has one line per archive.
    """
    pinned = pinned_digests((chart / "dependencies.sha256").read_text())
    lock = yaml.safe_load((chart / "Chart.lock").read_text())
    problems: list[str] = []
    notices: list[str] = []
    for dependency in lock["dependencies"]:
        archive = f"charts/{dependency['name']}-{dependency['version']}.tgz"
        if not (chart / archive).is_file():
            problems.append(f"{chart / archive} is missing; run: {FETCH}")
            continue
        digest = hashlib.sha256((chart / archive).read_bytes()).hexdigest()
        if archive not in pinned:
            notices.append(
                f"{chart / archive} is not pinned; add to {chart / 'dependencies.sha256'}: {digest}  {archive}"
            )
        elif digest != pinned[archive]:
            problems.append(
                f"{chart / archive} has sha256 {digest}, but pinned is {pinned[archive]}; delete it and run: {FETCH}"
            )
    if problems:
        raise ChartDependenciesError("\n".join(problems))
    return notices


def pinned_digests(text: str) -> dict[str, str]:
    """Return the digests of a sha256sum file by archive, e.g. ``charts/jupyterhub-4.4.0.tgz``."""
    pairs = (line.split(maxsplit=1) for line in text.splitlines() if line.strip())
    return {archive.strip(): digest for digest, archive in pairs}
