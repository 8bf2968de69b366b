import shutil
from pathlib import Path

import pytest

from docs.generate.__main__ import CHECKOUT, GENERATORS, main, stale_files


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    shutil.copy(CHECKOUT / "Pulumi.yaml", tmp_path)
    return tmp_path


def test_no_generated_file_is_stale() -> None:
    assert list(stale_files(CHECKOUT)) == [], "run python -m docs.generate"


def test_missing_and_edited_files_are_reported_and_renewed(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"], checkout) == 1
    assert "docs/policies.md: is out of date; run python -m docs.generate\n" in capsys.readouterr().out
    assert sorted(path.name for path in checkout.iterdir()) == ["Pulumi.yaml"]

    assert main([], checkout) == 0
    assert "stacks/schema.json: written\n" in capsys.readouterr().out
    assert main(["--check"], checkout) == 0
    for name in GENERATORS:
        assert (checkout / name).read_bytes() == (CHECKOUT / name).read_bytes()

    (checkout / "docs/messages.md").write_text("edited")
    assert main(["--check"], checkout) == 1
    assert capsys.readouterr().out == "docs/messages.md: is out of date; run python -m docs.generate\n"


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "python -m docs.generate --check" in capsys.readouterr().out
