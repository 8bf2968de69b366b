"""Configuration files of users that are no files, or have names of every kind."""

import os
import shlex
from pathlib import Path

import pytest

from components.in_server.pangeo_start.configuration import BrokenFile, copy_without, describe, find_broken
from components.in_server.pangeo_start.kernels import describe as describe_kernel
from components.in_server.pangeo_start.kernels import find_broken_kernels


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / ".jupyter"
    found.mkdir()
    return found


def test_files_that_cannot_be_read_to_their_end_are_left_out(folder: Path, tmp_path: Path) -> None:
    os.mkfifo(folder / "pipe.json")
    (folder / "device.json").symlink_to("/dev/zero")
    with (folder / "sparse.py").open("wb") as file:
        file.truncate(2**40)
    (folder / "text.json").write_bytes(b'{"a": "\xff"}')
    (folder / "nested.json").write_text("[" * 100_000)
    (folder / "good.json").write_text("{}")
    (folder / "loop").symlink_to(folder)
    broken = find_broken(folder)
    assert {each.path.name: each.reason for each in broken if each.path.parent == folder} == {
        "device.json": "it is no regular file",
        "nested.json": "it is nested too deeply",
        "pipe.json": "it is no regular file",
        "sparse.py": "it is larger than 4 MB",
        "text.json": "it is no text in UTF-8",
    }


def test_folders_that_cannot_be_entered_are_skipped(folder: Path) -> None:
    (folder / "a").symlink_to(folder / "a")
    (folder / "b.json").write_text("{")
    assert [each.path.name for each in find_broken(folder)] == ["b.json"]


def test_the_copy_has_the_other_files(folder: Path, tmp_path: Path) -> None:
    (folder / "good.json").write_text("{}")
    os.mkfifo(folder / "pipe.json")
    copy_without(folder, find_broken(folder), tmp_path / "copy")
    assert [each.name for each in (tmp_path / "copy").iterdir()] == ["good.json"]


@pytest.mark.parametrize(
    "name", ["x ~", "$(touch hacked).json", "; rm -rf ~", "it's.json", "a\nb.json", "\u202ea.json"]
)
def test_proposed_commands_name_exactly_the_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / ".jupyter" / name
    fixes = (
        describe(BrokenFile(path, "line 1"), tmp_path).fix,
        describe_kernel(tmp_path, tmp_path, name, "line 1", replaced=False).fix,
    )
    for fix in fixes:
        command = fix.partition("in a terminal: ")[2]
        words = shlex.split(command)
        if not name.isprintable():
            assert not command
        elif words[0] == "mv":
            assert words == ["mv", f"~/.jupyter/{name}", f"~/.jupyter/{name}.broken"]
        else:
            assert words == ["rm", "-r", f"~/kernels/{name}"]
        assert command.count("~/") == len(words[1:]) - words.count("-r"), "the shell replaces only an unquoted ~"


def test_kernels_that_cannot_be_read_to_their_end_are_broken(tmp_path: Path) -> None:
    for name in ("pipe", "nested"):
        (tmp_path / "kernels" / name).mkdir(parents=True)
    os.mkfifo(tmp_path / "kernels" / "pipe" / "kernel.json")
    (tmp_path / "kernels" / "nested" / "kernel.json").write_text("[" * 100_000)
    assert find_broken_kernels(tmp_path) == [(name, "kernel.json is not valid") for name in ("nested", "pipe")]
