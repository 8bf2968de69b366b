from pathlib import Path

import pytest

from tests.support.tenancies import stack_text


@pytest.fixture
def stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the stack files below the current folder, with the stack ``vis``."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.vis.yaml").write_text(
        stack_text(workers={"count": 2, "cpus": 8, "ramGb": 32, "expectedUsers": 99})
    )
    return tmp_path / "stacks"
