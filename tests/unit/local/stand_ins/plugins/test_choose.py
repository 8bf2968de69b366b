"""A stand-in is put on PATH only where the official plugin of the SDK's version is not installed."""

import subprocess
from pathlib import Path

import pytest

from local.stand_ins.plugins.choose import STAND_INS, fill, needed, prepared, sdk_versions

VERSIONS = {"pulumi-kubernetes": "4.32.0", "pulumi-random": "4.21.1"}
ALL = [each.program for each in STAND_INS]


def install(home: Path, folder: str, program: str) -> None:
    place = home / "plugins" / folder
    place.mkdir(parents=True)
    (place / program).touch(mode=0o755)


def programs(home: Path, on_path: tuple[str, ...] = ()) -> list[str]:
    return [each.program for each in needed(home, VERSIONS, lambda program: program in on_path)]


def test_everything_is_stood_in_for_where_nothing_is_installed(tmp_path: Path) -> None:
    assert programs(tmp_path) == ALL


def test_an_installed_official_plugin_of_the_sdks_version_wins(tmp_path: Path) -> None:
    install(tmp_path, "resource-kubernetes-v4.32.0", "pulumi-resource-kubernetes")
    assert programs(tmp_path) == [each for each in ALL if each != "pulumi-resource-kubernetes"]


@pytest.mark.parametrize("version", ["4.31.0", "4.32.1", "4.32.0-beta"])
def test_an_official_plugin_of_another_version_is_no_use_to_the_engine(tmp_path: Path, version: str) -> None:
    install(tmp_path, f"resource-kubernetes-v{version}", "pulumi-resource-kubernetes")
    assert programs(tmp_path) == ALL


def test_an_interrupted_installation_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "plugins" / "resource-kubernetes-v4.32.0").mkdir(parents=True)
    assert programs(tmp_path) == ALL


def test_the_official_cli_brings_the_launchers_for_python(tmp_path: Path) -> None:
    assert programs(tmp_path, ("pulumi-language-python",)) == ["pulumi-resource-kubernetes", "pulumi-resource-random"]


def test_a_plugin_on_path_is_left_to_the_engine(tmp_path: Path) -> None:
    assert "pulumi-resource-random" not in programs(tmp_path, ("pulumi-resource-random",))


def test_an_sdk_that_is_not_installed_asks_for_no_plugin(tmp_path: Path) -> None:
    found = needed(tmp_path, {"pulumi-random": "4.21.1"}, lambda _: False)
    assert "pulumi-resource-kubernetes" not in [each.program for each in found]


def test_the_folder_holds_what_is_needed_and_nothing_else(tmp_path: Path) -> None:
    folder = fill(tmp_path / "path", STAND_INS, VERSIONS, Path("/usr/bin/python3"))
    assert sorted(each.name for each in folder.iterdir()) == sorted(ALL)
    fill(folder, STAND_INS[:1], VERSIONS, Path("/usr/bin/python3"))
    assert [each.name for each in folder.iterdir()] == ["pulumi-resource-kubernetes"]


def test_a_launcher_hands_its_arguments_and_the_sdks_version_to_the_interpreter(tmp_path: Path) -> None:
    python = tmp_path / "my python"
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    python.chmod(0o755)
    folder = fill(tmp_path / "path", STAND_INS, VERSIONS, python)
    run = subprocess.run([folder / "pulumi-resource-random", "127.0.0.1:1"], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[1:] == ["random", "4.21.1", "127.0.0.1:1"]


def test_the_folders_own_launchers_do_not_count_as_installed(tmp_path: Path) -> None:
    folder, path = tmp_path / "path", f"{tmp_path / 'path'}:/nowhere"
    first = prepared(folder, tmp_path / "home", Path("/usr/bin/python3"), path)
    again = prepared(folder, tmp_path / "home", Path("/usr/bin/python3"), path)
    assert sorted(each.name for each in first.iterdir()) == sorted(each.name for each in again.iterdir()) == sorted(ALL)


def test_the_sdks_versions_are_those_installed() -> None:
    assert set(sdk_versions()) == {"pulumi-kubernetes", "pulumi-random"}
