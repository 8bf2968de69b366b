"""The record of the chart's last version: a changed chart must have a new version.

``helm list`` and ``helm history`` show the version only. ``chart/source.sha256`` holds it with a digest of the chart's
files, so that a check finds a changed chart with the old version.
"""

from pathlib import Path

import yaml

from components.chart.archives import CHART
from components.chart.digest import source_digest

RECORD = "source.sha256"
COMMAND = "python -m ci record-chart"


class UnchangedVersion(Exception):
    """The chart's files changed and its version did not. The message says what to do."""


def check_record(chart: Path = CHART) -> None:
    """Check that the record is the one of the chart's files and version.

    Raises:
        UnchangedVersion: the chart changed without a new version.
        ValueError: the record is out of date; the text says what to run.
    """
    if _is_unchanged(chart) and _read(chart) != _current(chart):
        raise UnchangedVersion(
            f"{chart} changed since its version {_current(chart)[1]}: increase `version` in {chart / 'Chart.yaml'}, "
            f"then run: {COMMAND}"
        )
    if _read(chart) != _current(chart):
        raise ValueError(f"{chart / RECORD} is out of date; run: {COMMAND}")


def write_record(chart: Path = CHART) -> str:
    """Write the record of the present files and version, and return the version.

    Raises:
        UnchangedVersion: the chart changed without a new version.
    """
    try:
        check_record(chart)
    except ValueError:
        digest, version = _current(chart)
        (chart / RECORD).write_text(f"{digest}  {version}\n", encoding="utf-8")
    return _current(chart)[1]


def _is_unchanged(chart: Path) -> bool:
    return _read(chart)[1] == _current(chart)[1]


def _read(chart: Path) -> tuple[str, str]:
    record = chart / RECORD
    digest, _, version = record.read_text(encoding="utf-8").partition("  ") if record.is_file() else ("", "", "")
    return digest, version.strip()


def _current(chart: Path) -> tuple[str, str]:
    metadata = yaml.safe_load((chart / "Chart.yaml").read_text(encoding="utf-8"))
    return source_digest(chart), str(metadata["version"])
