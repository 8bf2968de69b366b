"""Whether the two charts that ``chart/`` joins are there and are what they should be.

Helm pins no archive: ``Chart.lock`` hashes only the list. ``chart/dependencies.sha256`` (the format of sha256sum)
keeps the digest of each archive that is known, and what was downloaded is compared with it.
"""

import hashlib
from pathlib import Path

import yaml

CHART = Path("chart")
"""Relative to the project's folder, which is where the engine and its plugins run, so that no state names a machine."""

FETCH = "helm dependency update chart"


class ChartDependenciesError(Exception):
    """The chart's archives are missing or not the pinned ones; the message says which and what to run."""


def verify_dependencies(chart: Path = CHART) -> list[str]:
    """Check every archive of ``Chart.lock``; return notices about those whose digest is not pinned yet.

    Raises:
        ChartDependenciesError: with one line for each archive that is missing or has another digest.
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
                f"{chart / archive} has sha256 {digest}, pinned is {pinned[archive]}; remove it and run: {FETCH}"
            )
    if problems:
        raise ChartDependenciesError("\n".join(problems))
    return notices


def pinned_digests(text: str) -> dict[str, str]:
    """The digests of a sha256sum file by archive, e.g. ``charts/jupyterhub-4.4.0.tgz``."""
    pairs = (line.split(maxsplit=1) for line in text.splitlines() if line.strip())
    return {archive.strip(): digest for digest, archive in pairs}
