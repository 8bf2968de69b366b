"""The options of ``python -m ci previews``: stacks, limits and passphrases."""

from pathlib import Path

import pytest

from ci.__main__ import main
from ci.preview.official_cli import preview_command
from ci.preview.passphrases import FILE_VARIABLE, VARIABLE
from local.previews.tenancy_preview import main as make_preview


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with two stacks, and no program on PATH."""
    (tmp_path / "stacks").mkdir()
    for name in ("local", "vis"):
        (tmp_path / "stacks" / f"Pulumi.{name}.yaml").write_text("config: {}\n")
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_unknown_stack_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["previews", "vis", "viz"]) == 2
    assert capsys.readouterr().err == "there is no stack viz in stacks; there are: local, vis\n"


def test_checkout_without_a_tenancy_is_an_error(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
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


def test_missing_programs_of_the_cli_are_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["previews"]) == 1
    assert capsys.readouterr().err == "pulumi and pulumi-language-python not on PATH; install the Pulumi CLI\n"


def test_missing_folder_of_passphrases_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for program in ("pulumi", "pulumi-language-python"):
        (project / "bin" / program).touch(mode=0o755)

    assert main(["previews", "--passphrases", "secrets"]) == 1
    assert capsys.readouterr().err == "--passphrases secrets is not a folder\n"


def test_make_accepts_passphrases_for_all_tenancies_only(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        make_preview(["vis", "--passphrases", "secrets"])
    assert "PASSPHRASES is only for STACK=all" in capsys.readouterr().err
