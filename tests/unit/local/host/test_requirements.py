"""A machine on which `make up` could not end well is refused before anything is made."""

from pathlib import Path

import pytest

from local.failure import Failure
from local.host import requirements
from local.paths import State


def test_without_root_nothing_begins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    with pytest.raises(Failure, match="needs root"):
        requirements.check(State(tmp_path))


def test_too_little_disk_says_how_much_is_needed_and_how_much_there_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(requirements, "DISK_GIB_FRESH", 10**6)

    with pytest.raises(Failure, match=r"GiB free, 1000000 GiB needed") as refused:
        requirements.check(State(tmp_path / "not" / "there"))

    assert "free " in refused.value.way_on
