"""A machine that cannot run the tenancy is refused before anything is built."""

from pathlib import Path

import pytest

from local.failure import Failure
from local.host import requirements
from local.paths import State


def test_root_is_required(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    with pytest.raises(Failure, match="needs root"):
        requirements.check(State(tmp_path))


def test_disk_space_is_required(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(requirements, "DISK_GIB_FRESH", 10**6)

    with pytest.raises(Failure, match=r"GiB free, 1000000 GiB needed") as refused:
        requirements.check(State(tmp_path / "not" / "there"))

    assert "free " in refused.value.fix
