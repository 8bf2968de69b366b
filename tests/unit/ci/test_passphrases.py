"""Each stack is opened with its own passphrase, or with the one for all; which is missing is said by name."""

from pathlib import Path

import pytest

from ci.preview.engine_preview import CannotPreview
from ci.preview.passphrases import FILE_VARIABLE, VARIABLE, has_passphrase, variables_for

PHRASE = "correct horse"


@pytest.fixture
def stacks(tmp_path: Path) -> Path:
    """``vis`` has a passphrase, ``plain`` none, and nobody can read ``broken``."""
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


def test_a_stack_has_the_passphrase_of_its_own_file_and_only_the_engine_reads_it(
    stacks: Path, passphrases: Path
) -> None:
    assert variables_for("vis", {VARIABLE: "another"}, passphrases, stacks) == {FILE_VARIABLE: str(passphrases / "vis")}


def test_a_folder_named_from_here_is_found_by_an_engine_that_runs_elsewhere(
    stacks: Path, passphrases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(passphrases.parent)

    assert Path(variables_for("vis", {}, Path("passphrases"), stacks)[FILE_VARIABLE]).is_absolute()


@pytest.mark.parametrize("text", [None, "", " \n"])
def test_a_stack_without_a_file_in_the_folder_is_named_and_the_one_for_all_is_not_taken(
    text: str | None, stacks: Path, passphrases: Path
) -> None:
    (passphrases / "vis").unlink() if text is None else (passphrases / "vis").write_text(text)

    with pytest.raises(
        CannotPreview, match=r"the stack vis has a passphrase, and the folder .* has no file vis"
    ) as said:
        variables_for("vis", {VARIABLE: PHRASE}, passphrases, stacks)
    assert PHRASE not in str(said.value)


def test_one_for_all_is_the_engines_own_business(stacks: Path, passphrases: Path) -> None:
    assert variables_for("vis", {VARIABLE: PHRASE}, None, stacks) == {}
    assert variables_for("vis", {FILE_VARIABLE: str(passphrases / "vis")}, None, stacks) == {}


@pytest.mark.parametrize("environment", [{}, {VARIABLE: ""}, {VARIABLE: "", FILE_VARIABLE: ""}])
def test_where_there_is_none_at_all_the_stack_is_named(environment: dict[str, str], stacks: Path) -> None:
    with pytest.raises(CannotPreview, match=f"the stack vis has a passphrase, and neither {VARIABLE}"):
        variables_for("vis", environment, None, stacks)


def test_a_file_for_all_that_is_not_there_is_named(stacks: Path, tmp_path: Path) -> None:
    with pytest.raises(CannotPreview, match=f"the file of {FILE_VARIABLE}, .*/nowhere, has none in it"):
        variables_for("vis", {FILE_VARIABLE: str(tmp_path / "nowhere")}, None, stacks)


@pytest.mark.parametrize("stack", ["plain", "broken", "missing"])
def test_a_stack_that_says_nothing_of_a_passphrase_needs_none(stack: str, stacks: Path, passphrases: Path) -> None:
    assert variables_for(stack, {}, None, stacks) == {}
    assert variables_for(stack, {}, passphrases, stacks) == {}
    assert not has_passphrase(stack, stacks)
