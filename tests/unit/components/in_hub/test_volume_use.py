"""The use of the volume of the hub's database."""

import os
from pathlib import Path

import pytest

from components.in_hub.volume_use import volume_use

KIBIBYTE = 1024


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    (tmp_path / "pangeo.sqlite").write_bytes(os.urandom(64 * KIBIBYTE))
    (tmp_path / "folder" / "kept").write_bytes(os.urandom(64 * KIBIBYTE))
    return tmp_path


def test_files_are_added_up_in_a_shared_file_system(folder: Path) -> None:
    used, free = volume_use(folder, 1024 * KIBIBYTE)
    assert 128 * KIBIBYTE <= used < 160 * KIBIBYTE
    assert free == 1024 * KIBIBYTE - used


def test_a_file_system_of_its_own_is_asked(folder: Path) -> None:
    found = os.statvfs(folder)
    used, _ = volume_use(folder, float(found.f_blocks * found.f_frsize))
    assert used > 160 * KIBIBYTE


def test_a_file_that_is_deleted_meanwhile_counts_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's journal exists only during a transaction."""
    (folder / "pangeo.sqlite-journal").write_bytes(os.urandom(64 * KIBIBYTE))
    stat = Path.stat

    def delete_first(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if path.name.endswith("-journal"):
            path.unlink(missing_ok=True)
        return stat(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", delete_first)
    used, _ = volume_use(folder, 1024 * KIBIBYTE)
    assert 128 * KIBIBYTE <= used < 160 * KIBIBYTE
