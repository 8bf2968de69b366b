"""A changed chart has a new version."""

from pathlib import Path

import pytest

from ci.__main__ import main
from ci.chart_record import RECORD, UnchangedVersion, check_record, write_record
from local.paths import PROJECT


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("name: pangeo\nversion: 1.0.0\n")
    (tmp_path / ".helmignore").write_text(f"{RECORD}\n")
    (tmp_path / "templates" / "hub.yaml").write_text("kind: ConfigMap\n")
    write_record(tmp_path)
    return tmp_path


def test_this_chart_has_not_changed_without_a_new_version() -> None:
    check_record(PROJECT / "chart")


def test_a_changed_chart_needs_a_new_version(chart: Path) -> None:
    check_record(chart)
    (chart / "templates" / "hub.yaml").write_text("kind: Secret\n")

    expected = r"increase `version` in .*Chart.yaml, then run: python -m ci record-chart"
    with pytest.raises(UnchangedVersion, match=expected):
        check_record(chart)
    with pytest.raises(UnchangedVersion, match=expected):
        write_record(chart)


def test_a_new_version_is_recorded_with_one_command(chart: Path) -> None:
    (chart / "templates" / "hub.yaml").write_text("kind: Secret\n")
    (chart / "Chart.yaml").write_text("name: pangeo\nversion: 1.0.1\n")

    with pytest.raises(ValueError, match=r"source.sha256 is out of date; run: python -m ci record-chart"):
        check_record(chart)
    assert write_record(chart) == "1.0.1"
    check_record(chart)


def test_the_command_refuses_a_changed_chart_with_the_old_version(
    chart: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(chart.parent)
    chart.rename(chart.parent / "chart")
    assert main(["record-chart"]) == 0
    (chart.parent / "chart" / "templates" / "hub.yaml").write_text("kind: Secret\n")

    assert main(["record-chart"]) == 1
    assert "increase `version` in chart/Chart.yaml" in capsys.readouterr().err
