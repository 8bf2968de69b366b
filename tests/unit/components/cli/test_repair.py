import sys
from pathlib import Path

import pytest

from components.cli import repair
from tests.support.tenancies import stack_text


class Terminal:
    """A standard input with somebody in front of it, or not."""

    def __init__(self, answer: str | None) -> None:
        self.answer = answer

    def isatty(self) -> bool:
        return self.answer is not None

    def readline(self) -> str:
        return f"{self.answer}\n"


@pytest.mark.parametrize(
    ("answer", "agreed"), [("y", True), ("Yes ", True), ("n", False), ("", False), ("yep", False), (None, False)]
)
def test_only_a_yes_at_a_terminal_is_one(answer: str | None, agreed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    assert repair._asked() is agreed


def test_which_of_several_stacks_must_be_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stacks").mkdir()
    for name in ("a", "b"):
        (tmp_path / "stacks" / f"Pulumi.{name}.yaml").write_text(stack_text())
    monkeypatch.chdir(tmp_path)
    assert repair.main([]) == 1
    assert "which stack? there are: a, b" in capsys.readouterr().err


def test_without_a_kubeconfig_it_says_so_and_not_in_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.vis.yaml").write_text(stack_text())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert repair.main(["vis", "--yes"]) == 1
    assert capsys.readouterr().err.startswith("there is no kubeconfig")
