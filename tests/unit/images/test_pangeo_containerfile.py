"""The Containerfile of the Pangeo image: a fixed base, and an entry point that runs the container's command."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from local.paths import PROJECT

FOLDER = PROJECT / "images" / "pangeo"


def start(home: Path, *command: str) -> str:
    environment = {"HOME": str(home), "PATH": os.environ["PATH"]}
    return subprocess.run(
        [FOLDER / "start", *command], env=environment, check=True, capture_output=True, text=True
    ).stdout


def test_base_image_is_pinned_by_digest() -> None:
    assert re.search(
        r"^ARG BASE=docker\.io/library/debian@sha256:[0-9a-f]{64}$", (FOLDER / "Containerfile").read_text(), re.M
    )


def test_container_runs_its_command_with_the_examples_in_the_home(tmp_path: Path) -> None:
    assert start(tmp_path, "echo", "one two") == "one two\n"
    assert (tmp_path / "examples").readlink() == Path("/opt/examples")
    assert start(tmp_path, "echo", "again") == "again\n"


@pytest.mark.parametrize("kind", ["file", "folder", "dangling link"])
def test_what_the_user_has_in_place_of_the_examples_stays(tmp_path: Path, kind: str) -> None:
    own = tmp_path / "examples"
    if kind == "file":
        own.write_text("mine")
    elif kind == "folder":
        own.mkdir()
    else:
        own.symlink_to("/nowhere")
    before = os.lstat(own)
    assert start(tmp_path, "true") == ""
    assert os.lstat(own) == before


def test_container_starts_with_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    assert start(tmp_path / "missing", "echo", "started") == "started\n"
