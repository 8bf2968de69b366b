"""``python -m ci preview`` with ``pulumi`` and a language host on PATH, a backend and a passphrase."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from ci.__main__ import main
from local.paths import PROJECT
from tests.engine.ci.checkout import pulumi

pytestmark = pytest.mark.engine


def test_new_stack_is_previewed_and_leaves_nothing_behind(project: Path, tmp_path: Path) -> None:
    stack_file = project / "stacks" / "Pulumi.ocean.yaml"
    document = yaml.safe_load((PROJECT / "stacks" / "Pulumi.ocean.yaml").read_text())
    stack_file.write_text(yaml.safe_dump({"config": document["config"]}))
    as_written = stack_file.read_bytes()

    code = main(["preview", "ocean", "--markdown", str(tmp_path / "preview.md"), "--commit", "0123456789abcdef"])
    text = (tmp_path / "preview.md").read_text()

    assert code == 0, text
    assert "### Preview of `ocean` at `0123456789ab`" in text
    assert "+ create <code>kubernetes:helm.sh/v3:Release pangeo</code>" in text
    assert "The backend has no stack ocean yet" in text
    assert stack_file.read_bytes() == as_written
    assert [*(tmp_path / "backend").rglob("*ocean*")] == []
    assert '"stack"' not in "".join(file.read_text() for file in (tmp_path / "home" / "workspaces").glob("*.json"))


def test_wrong_passphrase_names_stack_and_back_end(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(PROJECT / "stacks" / "Pulumi.ocean.yaml", project / "stacks")
    pulumi("stack", "init", "chosen")

    assert main(["preview", "ocean"]) == 1
    message = capsys.readouterr().err

    assert message.startswith("the stack ocean could not be opened in file://")
    assert "incorrect passphrase" in message
    assert "Traceback" not in message
    assert "only for this test" not in message
    assert pulumi("stack", "--show-name") == "chosen", "the operator's selected stack is kept"


def test_renamed_stack_is_not_previewed_as_a_first_deployment(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As soon as the stack is renamed too, it is previewed."""
    for key in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(key, "/dev/null")
    before, after = (project / "stacks" / f"Pulumi.{name}.yaml" for name in ("ocean", "sea"))
    document = yaml.safe_load((PROJECT / "stacks" / "Pulumi.ocean.yaml").read_text())
    before.write_text(yaml.safe_dump({"config": document["config"]}))
    pulumi("stack", "init", "ocean")
    git("init", "--quiet")
    commit()
    before.rename(after)
    commit()
    words = ["preview", "sea", "--base", "HEAD^", "--markdown", str(tmp_path / "preview.md")]

    assert main(words) == 1
    text = (tmp_path / "preview.md").read_text()
    assert "`pulumi stack rename sea --stack ocean`" in text
    assert "create" not in text

    pulumi("stack", "rename", "sea", "--stack", "ocean")
    assert main(words) == 0
    text = (tmp_path / "preview.md").read_text()
    assert "The backend has no stack" not in text
    assert "+ create <code>kubernetes:helm.sh/v3:Release pangeo</code>" in text


def git(*words: str) -> None:
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], check=True)


def commit() -> None:
    git("add", "--all")
    git("commit", "--quiet", "--message", "a")
