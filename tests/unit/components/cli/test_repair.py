import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from components.cli import app
from tests.support.tenancies import stack_text


class Terminal:
    """Standard input that is a terminal with this answer, or not a terminal."""

    def __init__(self, answer: str | None) -> None:
        self.answer = answer

    def isatty(self) -> bool:
        return self.answer is not None

    def readline(self) -> str:
        return f"{self.answer}\n"


@pytest.mark.parametrize(
    ("answer", "agreed"), [("y", True), ("Yes ", True), ("n", False), ("", False), ("yep", False), (None, False)]
)
def test_only_yes_at_a_terminal_confirms(answer: str | None, agreed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    assert app._ask("Repair the release?") is agreed


def test_one_of_several_stacks_must_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stacks").mkdir()
    for name in ("a", "b"):
        (tmp_path / "stacks" / f"Pulumi.{name}.yaml").write_text(stack_text())
    monkeypatch.chdir(tmp_path)
    refused = CliRunner().invoke(app.app, ["repair"])
    assert refused.exit_code == 1
    assert "name one stack; there are: a, b" in refused.stderr


def test_missing_kubeconfig_is_reported_without_a_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.vis.yaml").write_text(stack_text())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    refused = CliRunner().invoke(app.app, ["repair", "vis", "--yes"])
    assert refused.exit_code == 1
    assert refused.stderr.startswith("there is no kubeconfig")
