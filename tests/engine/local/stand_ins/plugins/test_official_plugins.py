"""The engine uses an installed plugin instead of its stand-in. A wrapper of the stand-in takes the place of the plugin.

The wrapper has the official program's name and place, and leaves a file when it is started.
"""

import sys
from pathlib import Path

import pulumi_random as random
import pytest

from local.stand_ins.plugins.choose import START, sdk_versions
from local.tenancy.engine_environment import engine_variables, uses_stand_in
from tests.engine.local.stand_ins.plugins.conftest import Engine

pytestmark = pytest.mark.engine

PROGRAM = "pulumi-resource-random"
SYSTEM = "/usr/bin:/bin"


@pytest.fixture
def operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An operator's machine: a Pulumi home, and a folder of programs on PATH."""
    folder = tmp_path / "operator"
    (folder / "bin").mkdir(parents=True)
    monkeypatch.setenv("PULUMI_HOME", str(folder / "home"))
    # Official plugins of the machine that runs the test are not part of it.
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:{SYSTEM}")
    return folder


def put_official(folder: Path, used: Path) -> None:
    """Put the plugin into a folder; it creates the file ``used``."""
    folder.mkdir(parents=True, exist_ok=True)
    start = f"{sys.executable} {START} random {sdk_versions()['pulumi-random']}"
    (folder / PROGRAM).write_text(f'#!/bin/sh\ntouch {used}\nexec {start} "$@"\n')
    (folder / PROGRAM).chmod(0o755)


def declare_token() -> None:
    random.RandomBytes("token", length=8)


@pytest.mark.parametrize("place", ["installed", "on PATH", "installed, with launchers of another run on PATH"])
def test_official_plugin_is_used(
    operator: Path, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    used = tmp_path / "used"
    if "another run" in place:
        monkeypatch.setenv("PATH", engine_variables(tmp_path / "another")["PATH"])
    installed = operator / "home" / "plugins" / f"resource-random-v{sdk_versions()['pulumi-random']}"
    put_official(operator / "bin" if place == "on PATH" else installed, used)
    engine: Engine = request.getfixturevalue("engine")

    engine.declare(declare_token)
    engine.up()

    assert used.exists()
    assert not uses_stand_in(tmp_path, PROGRAM)
    assert uses_stand_in(tmp_path), "the official Kubernetes plugin is not on this machine"


def test_stand_in_is_used_after_the_official_plugin_was_removed(
    operator: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    used = tmp_path / "used"
    installed = operator / "home" / "plugins" / f"resource-random-v{sdk_versions()['pulumi-random']}"
    put_official(installed, used)
    engine: Engine = request.getfixturevalue("engine")
    (installed / PROGRAM).unlink()

    engine_variables(tmp_path, engine.tools)
    engine.declare(declare_token)

    assert engine.up() == {"create": 2}
    assert not used.exists()
