"""The sizes of a home's files together."""

import os
import subprocess
import sys
from pathlib import Path

from components.in_server.pangeo_server import home_size

MEBIBYTE = 1024**2


def fill(path: Path, mebibytes: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(mebibytes * MEBIBYTE))
    return path


def test_files_below_a_folder_are_added_up_without_following_links(tmp_path: Path) -> None:
    home, other = tmp_path / "home", tmp_path / "other"
    fill(home / "deep" / "er" / "data", 2)
    file = fill(home / "data", 1)
    os.link(file, home / "the same file")
    fill(other / "data", 8)
    (home / "elsewhere").symlink_to(other)
    assert 3 * MEBIBYTE <= home_size.find_size(str(home)) < 4 * MEBIBYTE


def test_other_volumes_do_not_count(tmp_path: Path) -> None:
    fill(tmp_path / "data", 1)
    fill(tmp_path / "shared" / "data", 8)
    assert sum(home_size.file_sizes(str(tmp_path), frozenset({str(tmp_path / "shared")}))) < 2 * MEBIBYTE


def test_modules_in_the_home_are_not_imported(tmp_path: Path) -> None:
    """The program runs in the home, where files may have any name."""
    (tmp_path / "pathlib.py").write_text("raise SystemExit(1)\n")
    command = [sys.executable, "-I", home_size.__file__, str(tmp_path)]
    printed = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, timeout=60, text=True).stdout
    assert int(printed) >= 4096
