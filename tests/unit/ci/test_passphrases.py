"""The passphrase of each stack: its own or one for all; a missing one is an error that names the stack."""

from pathlib import Path

import pytest

from ci.preview.engine_preview import CannotPreview
from ci.preview.passphrases import FILE_VARIABLE, VARIABLE, has_passphrase, passphrase_variables

PHRASE = "correct horse"


@pytest.fixture
def stacks(tmp_path: Path) -> Path:
    """``vis`` has a passphrase, ``plain`` has none, and ``broken`` is not YAML."""
    folder = tmp_path / "stacks"
    folder.mkdir()
    (folder / "Pulumi.vis.yaml").write_text("encryptionsalt: v1:salt\nconfig: {}\n")
    (folder / "Pulumi.plain.yaml").write_text("config: {pangeo:encryptionsalt: no}\n")
    (folder / "Pulumi.broken.yaml").write_text("encryptionsalt: [\n")
    return folder


@pytest.fixture
def passphrases(tmp_path: Path) -> Path:
    folder = tmp_path / "passphrases"
    folder.mkdir()
    (folder / "vis").write_text(f"{PHRASE}\n")
    return folder


def test_own_passphrase_is_passed_as_a_file(stacks: Path, passphrases: Path) -> None:
    assert passphrase_variables("vis", {VARIABLE: "another"}, passphrases, stacks) == {
        FILE_VARIABLE: str(passphrases / "vis")
    }


def test_path_of_the_passphrase_is_absolute(stacks: Path, passphrases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(passphrases.parent)

    assert Path(passphrase_variables("vis", {}, Path("passphrases"), stacks)[FILE_VARIABLE]).is_absolute()


@pytest.mark.parametrize("text", [None, "", " \n"])
def test_missing_file_is_an_error_despite_one_for_all(text: str | None, stacks: Path, passphrases: Path) -> None:
    (passphrases / "vis").unlink() if text is None else (passphrases / "vis").write_text(text)

    with pytest.raises(
        CannotPreview, match=r"the stack vis has a passphrase, but the folder .* has no file vis"
    ) as error:
        passphrase_variables("vis", {VARIABLE: PHRASE}, passphrases, stacks)
    assert PHRASE not in str(error.value)


def test_one_passphrase_for_all_needs_no_more_variables(stacks: Path, passphrases: Path) -> None:
    assert passphrase_variables("vis", {VARIABLE: PHRASE}, None, stacks) == {}
    assert passphrase_variables("vis", {FILE_VARIABLE: str(passphrases / "vis")}, None, stacks) == {}


@pytest.mark.parametrize("environment", [{}, {VARIABLE: ""}, {VARIABLE: "", FILE_VARIABLE: ""}])
def test_missing_passphrase_names_the_stack(environment: dict[str, str], stacks: Path) -> None:
    with pytest.raises(CannotPreview, match=f"the stack vis has a passphrase, but neither {VARIABLE}"):
        passphrase_variables("vis", environment, None, stacks)


def test_missing_file_for_all_is_named(stacks: Path, tmp_path: Path) -> None:
    with pytest.raises(CannotPreview, match=f"the file .*/nowhere in {FILE_VARIABLE} is empty or cannot be read"):
        passphrase_variables("vis", {FILE_VARIABLE: str(tmp_path / "nowhere")}, None, stacks)


@pytest.mark.parametrize("stack", ["plain", "broken", "missing"])
def test_stack_without_a_salt_needs_no_passphrase(stack: str, stacks: Path, passphrases: Path) -> None:
    assert passphrase_variables(stack, {}, None, stacks) == {}
    assert passphrase_variables(stack, {}, passphrases, stacks) == {}
    assert not has_passphrase(stack, stacks)
