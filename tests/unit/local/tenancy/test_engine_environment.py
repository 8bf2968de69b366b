"""The engine's home has this machine's plugins and no others."""

import shutil
from pathlib import Path

import pytest

from local.stand_ins.plugins.choose import sdk_versions
from local.tenancy.engine_environment import engine_variables, link_installed_plugins, used_plugins, uses_stand_in

PROGRAM = "pulumi-resource-kubernetes"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The operator's own Pulumi home."""
    home = tmp_path / "operator"
    home.mkdir()
    monkeypatch.setenv("PULUMI_HOME", str(home))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return home


def install(home: Path) -> Path:
    """Install the official plugin in the version that the SDK requests; return its program."""
    program = home / "plugins" / f"resource-kubernetes-v{sdk_versions()['pulumi-kubernetes']}" / PROGRAM
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


def test_installed_plugin_takes_the_place_of_its_stand_in(installed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "engine"
    engine_variables(folder)
    assert uses_stand_in(folder)

    program = install(installed)
    variables = engine_variables(folder)

    assert not uses_stand_in(folder)
    assert Path(variables["PULUMI_HOME"], *program.parts[-3:]).is_file()
    assert used_plugins()[0].official == program


def test_removed_plugins_leave_no_link(installed: Path, tmp_path: Path) -> None:
    install(installed)
    home = link_installed_plugins(tmp_path / "home")
    assert (home / "plugins").resolve() == installed / "plugins"

    shutil.rmtree(installed / "plugins")
    link_installed_plugins(home)
    assert not (home / "plugins").is_symlink()
    engine_variables(tmp_path)
    assert uses_stand_in(tmp_path)


def test_link_follows_the_operators_home(installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(installed)
    home = link_installed_plugins(tmp_path / "home")

    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "another"))
    link_installed_plugins(home)
    assert not (home / "plugins").is_symlink()

    program = install(tmp_path / "another")
    link_installed_plugins(home)
    assert (home / "plugins").resolve() == program.parents[1]


def test_home_that_is_the_operators_keeps_its_plugins(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(installed)
    home = link_installed_plugins(tmp_path / "home")

    monkeypatch.setenv("PULUMI_HOME", str(home))
    assert (link_installed_plugins(home) / "plugins").resolve() == installed / "plugins"
    assert link_installed_plugins(installed) == installed
    assert (installed / "plugins").is_dir()


def test_launchers_of_another_run_do_not_hide_an_installed_plugin(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", engine_variables(tmp_path / "earlier")["PATH"])
    install(installed)

    folder = tmp_path / "engine"
    variables = engine_variables(folder)

    assert not uses_stand_in(folder)
    assert str(tmp_path / "earlier") not in variables["PATH"]
