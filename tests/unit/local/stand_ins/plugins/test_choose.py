"""A stand-in is put on PATH only if the engine would find no official plugin."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.stand_ins.plugins.choose import (
    CLI,
    LANGUAGE_HOST,
    STAND_INS,
    Places,
    Plugin,
    sdk_versions,
    select_language_host,
    select_plugins,
    without_launchers,
    write_launchers,
)

VERSIONS = {"pulumi-kubernetes": "4.32.0", "pulumi-random": "4.21.1"}
KUBERNETES, RANDOM, DYNAMIC, POLICY = (each.program for each in STAND_INS)
ALL = [KUBERNETES, RANDOM, DYNAMIC, POLICY]
PYTHON = Path("/usr/bin/python3")


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A machine without any program of Pulumi."""
    (tmp_path / "bin").mkdir()
    return Places(str(tmp_path / "bin"), tmp_path / "home")


def put(folder: Path, *programs: str) -> Path:
    """Put official programs into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for program in programs:
        (folder / program).write_text("#!/bin/sh\nexit 0\n")
        (folder / program).chmod(0o755)
    return folder


def install(places: Places, version: str, program: str = KUBERNETES) -> Path:
    """Install a plugin into Pulumi's home."""
    name = program.removeprefix("pulumi-resource-")
    return put(places.home / "plugins" / f"resource-{name}-v{version}", program)


def stand_ins(places: Places) -> list[str]:
    """Return the programs that stand-ins replace."""
    return [each.stand_in.program for each in select_plugins(places, VERSIONS) if each.official is None]


def missing_plugins() -> list[Plugin]:
    return [Plugin(each, VERSIONS.get(each.sdk or "", ""), None) for each in STAND_INS]


def test_path_of_the_shell_contains_no_official_language_host(places: Places, tmp_path: Path) -> None:
    shell = write_launchers(tmp_path / "shell", [select_language_host(places)], PYTHON)

    assert (shell / LANGUAGE_HOST).exists()
    assert without_launchers(f"{shell}:{places.path}") == places.path
    put(tmp_path / "bin", LANGUAGE_HOST)
    assert select_language_host(places).official == tmp_path / "bin" / LANGUAGE_HOST


def test_all_stand_ins_are_used_if_nothing_is_installed(places: Places) -> None:
    assert stand_ins(places) == ALL


def test_official_plugin_of_the_sdks_version_takes_precedence(places: Places) -> None:
    install(places, "4.32.0")
    assert stand_ins(places) == [RANDOM, DYNAMIC, POLICY]


@pytest.mark.parametrize("version", ["4.31.0", "4.32.1", "4.32.0-beta"])
def test_official_plugin_of_another_version_does_not_count(places: Places, version: str) -> None:
    install(places, version)
    assert stand_ins(places) == ALL


def test_incomplete_installation_does_not_count(places: Places) -> None:
    installed = install(places, "4.32.0")
    (installed.parent / f"{installed.name}.partial").touch()
    assert stand_ins(places) == ALL
    (installed.parent / f"{installed.name}.partial").unlink()
    (installed / KUBERNETES).chmod(0o644)
    assert stand_ins(places) == ALL


def test_plugin_on_path_is_not_replaced(places: Places, tmp_path: Path) -> None:
    put(tmp_path / "bin", RANDOM)
    assert stand_ins(places) == [KUBERNETES, DYNAMIC, POLICY]


def test_complete_official_cli_needs_only_plugins(places: Places, tmp_path: Path) -> None:
    put(tmp_path / "bin", CLI, LANGUAGE_HOST, DYNAMIC)
    assert stand_ins(places) == [KUBERNETES, RANDOM]


def test_programs_beside_a_linked_cli_count(places: Places, tmp_path: Path) -> None:
    official = put(tmp_path / "pulumi-3.259.0", CLI, LANGUAGE_HOST, DYNAMIC)
    (tmp_path / "bin" / CLI).symlink_to(official / CLI)
    assert stand_ins(places) == [KUBERNETES, RANDOM]


def test_language_host_alone_starts_policy_packs_but_no_dynamic_providers(places: Places, tmp_path: Path) -> None:
    put(tmp_path / "bin", LANGUAGE_HOST)
    assert stand_ins(places) == [KUBERNETES, RANDOM, DYNAMIC]


def test_official_plugins_without_the_cli_need_its_launchers(places: Places) -> None:
    install(places, "4.32.0")
    install(places, "4.21.1", RANDOM)
    assert stand_ins(places) == [DYNAMIC, POLICY]


def test_missing_sdk_needs_no_plugin(places: Places) -> None:
    found = select_plugins(places, {"pulumi-random": "4.21.1"})
    assert KUBERNETES not in [each.stand_in.program for each in found]


def test_selection_names_version_and_source(places: Places) -> None:
    program = install(places, "4.32.0") / KUBERNETES
    assert [str(each) for each in select_plugins(places, VERSIONS)] == [
        f"plugin: kubernetes 4.32.0 (official, {program})",
        "plugin: random 4.21.1 (stand-in)",
        "plugin: pulumi-python (stand-in)",
        "plugin: policy-python (stand-in)",
    ]


def test_folder_contains_only_the_needed_launchers(tmp_path: Path) -> None:
    folder = write_launchers(tmp_path / "path", missing_plugins(), PYTHON)
    assert sorted(each.name for each in folder.iterdir()) == sorted(ALL)
    official = [Plugin(each.stand_in, each.version, Path("/opt/a")) for each in missing_plugins()[1:]]
    write_launchers(folder, [missing_plugins()[0], *official], PYTHON)
    assert [each.name for each in folder.iterdir()] == [KUBERNETES]


def test_commands_that_run_beside_each_other_write_the_same_launchers(tmp_path: Path) -> None:
    def write(_: int) -> Path:
        return write_launchers(tmp_path / "path", missing_plugins(), PYTHON)

    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(write, range(60)))

    assert folders == {tmp_path / "path"}
    assert {each.name for each in (tmp_path / "path").iterdir()} == {
        each.stand_in.program for each in missing_plugins()
    }


def test_launcher_passes_arguments_and_version_to_python(tmp_path: Path) -> None:
    python = tmp_path / "my python"
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    python.chmod(0o755)
    folder = write_launchers(tmp_path / "path", missing_plugins(), python)
    run = subprocess.run([folder / RANDOM, "127.0.0.1:1"], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[1:] == ["random", "4.21.1", "127.0.0.1:1"]


def test_launchers_of_other_runs_leave_the_path(tmp_path: Path) -> None:
    launchers = write_launchers(tmp_path / "path", missing_plugins(), PYTHON)
    official = put(tmp_path / "official", KUBERNETES)
    assert without_launchers(f"{launchers}:{official}:/usr/bin:") == f"{official}:/usr/bin"


def test_sdk_versions_are_those_installed() -> None:
    assert set(sdk_versions()) == {"pulumi-kubernetes", "pulumi-random"}
