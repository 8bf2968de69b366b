"""A stand-in is put on PATH only if the official plugin of the SDK's version is not installed."""

import subprocess
from pathlib import Path

import pytest

from local.stand_ins.plugins.choose import STAND_INS, find_missing, prepare_launchers, sdk_versions, write_launchers

VERSIONS = {"pulumi-kubernetes": "4.32.0", "pulumi-random": "4.21.1"}
ALL = [each.program for each in STAND_INS]


def install(home: Path, folder: str, program: str) -> None:
    place = home / "plugins" / folder
    place.mkdir(parents=True)
    (place / program).touch(mode=0o755)


def programs(home: Path, on_path: tuple[str, ...] = ()) -> list[str]:
    return [each.program for each in find_missing(home, VERSIONS, lambda program: program in on_path)]


def test_all_stand_ins_are_used_if_nothing_is_installed(tmp_path: Path) -> None:
    assert programs(tmp_path) == ALL


def test_official_plugin_of_the_sdks_version_takes_precedence(tmp_path: Path) -> None:
    install(tmp_path, "resource-kubernetes-v4.32.0", "pulumi-resource-kubernetes")
    assert programs(tmp_path) == [each for each in ALL if each != "pulumi-resource-kubernetes"]


@pytest.mark.parametrize("version", ["4.31.0", "4.32.1", "4.32.0-beta"])
def test_official_plugin_of_another_version_does_not_count(tmp_path: Path, version: str) -> None:
    install(tmp_path, f"resource-kubernetes-v{version}", "pulumi-resource-kubernetes")
    assert programs(tmp_path) == ALL


def test_interrupted_installation_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "plugins" / "resource-kubernetes-v4.32.0").mkdir(parents=True)
    assert programs(tmp_path) == ALL


def test_official_cli_contains_the_launchers_for_python(tmp_path: Path) -> None:
    assert programs(tmp_path, ("pulumi-language-python",)) == ["pulumi-resource-kubernetes", "pulumi-resource-random"]


def test_plugin_on_path_is_not_replaced(tmp_path: Path) -> None:
    assert "pulumi-resource-random" not in programs(tmp_path, ("pulumi-resource-random",))


def test_missing_sdk_needs_no_plugin(tmp_path: Path) -> None:
    found = find_missing(tmp_path, {"pulumi-random": "4.21.1"}, lambda _: False)
    assert "pulumi-resource-kubernetes" not in [each.program for each in found]


def test_folder_contains_only_the_needed_launchers(tmp_path: Path) -> None:
    folder = write_launchers(tmp_path / "path", STAND_INS, VERSIONS, Path("/usr/bin/python3"))
    assert sorted(each.name for each in folder.iterdir()) == sorted(ALL)
    write_launchers(folder, STAND_INS[:1], VERSIONS, Path("/usr/bin/python3"))
    assert [each.name for each in folder.iterdir()] == ["pulumi-resource-kubernetes"]


def test_launcher_passes_arguments_and_version_to_python(tmp_path: Path) -> None:
    python = tmp_path / "my python"
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    python.chmod(0o755)
    folder = write_launchers(tmp_path / "path", STAND_INS, VERSIONS, python)
    run = subprocess.run([folder / "pulumi-resource-random", "127.0.0.1:1"], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[1:] == ["random", "4.21.1", "127.0.0.1:1"]


def test_own_launchers_do_not_count_as_installed(tmp_path: Path) -> None:
    folder, path = tmp_path / "path", f"{tmp_path / 'path'}:/nowhere"
    first = prepare_launchers(folder, tmp_path / "home", Path("/usr/bin/python3"), path)
    again = prepare_launchers(folder, tmp_path / "home", Path("/usr/bin/python3"), path)
    assert sorted(each.name for each in first.iterdir()) == sorted(each.name for each in again.iterdir()) == sorted(ALL)


def test_sdk_versions_are_those_installed() -> None:
    assert set(sdk_versions()) == {"pulumi-kubernetes", "pulumi-random"}
