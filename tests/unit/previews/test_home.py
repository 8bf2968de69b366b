"""The home of an engine that keeps no log is the real one in all else."""

from pathlib import Path

import pytest

from previews.home import home_without_log, pulumi_home


@pytest.fixture
def real(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    (home / "plugins" / "resource-random-v4").mkdir(parents=True)
    (home / "credentials.json").write_text("{}")
    (home / "logs").mkdir()
    (home / "logs" / "old.log").write_text("kept")
    return home


def test_an_engine_finds_its_log_in_and_its_plugins(real: Path) -> None:
    with home_without_log(real) as home:
        assert (home / "credentials.json").read_text() == "{}"
        assert (home / "plugins" / "resource-random-v4").is_dir()


def test_no_log_can_be_kept_in_it(real: Path) -> None:
    with home_without_log(real) as home, pytest.raises(FileExistsError):
        (home / "logs").mkdir(parents=True)


def test_a_plugin_that_is_installed_meanwhile_stays_installed(tmp_path: Path) -> None:
    with home_without_log(tmp_path / "new") as home:
        (home / "plugins" / "resource-kubernetes-v4").mkdir()

    assert (tmp_path / "new" / "plugins" / "resource-kubernetes-v4").is_dir()


def test_nothing_of_it_is_left_and_the_real_one_is_as_it_was(real: Path) -> None:
    with home_without_log(real) as home:
        assert home.stat().st_mode & 0o077 == 0

    assert not home.exists()
    assert (real / "logs" / "old.log").read_text() == "kept"
    assert (real / "credentials.json").read_text() == "{}"


def test_it_is_the_one_of_the_variable_else_the_users_own() -> None:
    assert pulumi_home({"PULUMI_HOME": "/srv/pulumi"}) == Path("/srv/pulumi")
    assert pulumi_home({"PULUMI_HOME": ""}) == Path.home() / ".pulumi"
