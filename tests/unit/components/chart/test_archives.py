import hashlib
from pathlib import Path

import pytest

from components.chart.archives import ChartDependenciesError, verify_dependencies

LOCK = """\
dependencies:
- {name: jupyterhub, version: 4.4.0, repository: "https://charts.example.org"}
- {name: dask-gateway, version: 2026.3.0, repository: "https://charts.example.org"}
"""


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    (tmp_path / "charts").mkdir()
    (tmp_path / "Chart.lock").write_text(LOCK)
    (tmp_path / "charts" / "jupyterhub-4.4.0.tgz").write_bytes(b"hub")
    (tmp_path / "charts" / "dask-gateway-2026.3.0.tgz").write_bytes(b"gateway")
    digest = hashlib.sha256(b"gateway").hexdigest()
    (tmp_path / "dependencies.sha256").write_text(f"{digest}  charts/dask-gateway-2026.3.0.tgz\n")
    return tmp_path


def test_unpinned_archive_is_reported_with_its_digest(chart: Path) -> None:
    (notice,) = verify_dependencies(chart)

    assert "jupyterhub-4.4.0.tgz is not pinned" in notice
    assert hashlib.sha256(b"hub").hexdigest() in notice


def test_missing_archive_is_refused_with_the_command_to_run(chart: Path) -> None:
    (chart / "charts" / "jupyterhub-4.4.0.tgz").unlink()

    with pytest.raises(ChartDependenciesError, match=r"jupyterhub-4\.4\.0\.tgz is missing; run: helm dependency"):
        verify_dependencies(chart)


def test_archive_with_a_wrong_digest_is_refused(chart: Path) -> None:
    (chart / "charts" / "dask-gateway-2026.3.0.tgz").write_bytes(b"something else")

    with pytest.raises(ChartDependenciesError, match="pinned is"):
        verify_dependencies(chart)


def test_all_problems_are_reported_at_once(chart: Path) -> None:
    (chart / "charts" / "jupyterhub-4.4.0.tgz").unlink()
    (chart / "charts" / "dask-gateway-2026.3.0.tgz").write_bytes(b"something else")

    with pytest.raises(ChartDependenciesError) as refused:
        verify_dependencies(chart)

    assert len(str(refused.value).splitlines()) == 2
