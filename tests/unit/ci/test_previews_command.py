"""``python -m ci previews``: which stacks, how many at a time, with which passphrases."""

from pathlib import Path

import pytest

from ci.__main__ import main
from ci.preview.official_cli import preview_command
from ci.preview.passphrases import FILE_VARIABLE, VARIABLE
from local.previews.tenancy_preview import main as on_a_workstation


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with two stacks, and nothing of Pulumi's on PATH."""
    (tmp_path / "stacks").mkdir()
    for name in ("local", "vis"):
        (tmp_path / "stacks" / f"Pulumi.{name}.yaml").write_text("config: {}\n")
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_stack_that_has_no_file_is_named_and_nothing_is_previewed(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["previews", "vis", "viz"]) == 2
    assert capsys.readouterr().err == "there is no stack viz in stacks; there are: local, vis\n"


def test_a_checkout_of_the_scaffolding_alone_has_nothing_to_preview(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "stacks" / "Pulumi.vis.yaml").unlink()

    assert main(["previews"]) == 2
    assert capsys.readouterr().err == "there is no tenancy in stacks; there are: local\n"


@pytest.mark.parametrize("option", ["--concurrency", "--timeout"])
@pytest.mark.parametrize("number", ["0", "-1", "many", "1.5"])
def test_limits_are_whole_numbers_of_one_or_more(option: str, number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["previews", f"{option}={number}"])
    assert "is not a whole number of 1 or more" in capsys.readouterr().err


def test_each_stack_gets_its_own_passphrase_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "the one for all")
    (tmp_path / "vis").write_text("its own\n")
    command = preview_command("vis", tmp_path / "report.json", tmp_path)

    assert command.environment[FILE_VARIABLE] == str(tmp_path / "vis")
    assert VARIABLE not in command.environment
    assert "its own" not in " ".join(command.arguments)


def test_without_the_official_cli_the_command_says_what_is_missing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["previews"]) == 1
    assert capsys.readouterr().err == "pulumi and pulumi-language-python not on PATH: install the Pulumi CLI\n"


def test_a_folder_of_passphrases_that_is_not_there_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for program in ("pulumi", "pulumi-language-python"):
        (project / "bin" / program).touch(mode=0o755)

    assert main(["previews", "--passphrases", "secrets"]) == 1
    assert capsys.readouterr().err == "--passphrases secrets: there is no such folder\n"


def test_make_takes_a_folder_of_passphrases_for_all_tenancies_only(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        on_a_workstation(["vis", "--passphrases", "secrets"])
    assert "PASSPHRASES is for STACK=all" in capsys.readouterr().err
