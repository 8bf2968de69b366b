"""A machine that cannot run the tenancy is refused before anything is built."""

from pathlib import Path

import pytest

from local.failure import Failure
from local.host import requirements
from local.images.definitions import PANGEO
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


@pytest.mark.parametrize(
    ("built", "limit"),
    [([], "FRESH"), (["images"], "UPGRADE"), (["images", f"image-{PANGEO.name}"], "BUILT")],
)
def test_disk_space_is_that_of_what_is_still_to_be_built(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, built: list[str], limit: str
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    for name in ("FRESH", "UPGRADE", "BUILT"):
        monkeypatch.setattr(requirements, f"DISK_GIB_{name}", 10**6 if name == limit else 0)
    state = State(tmp_path)
    state.stamps.mkdir()
    for name in built:
        (state.stamps / name).touch()

    with pytest.raises(Failure, match="1000000 GiB needed"):
        requirements.check(state)
