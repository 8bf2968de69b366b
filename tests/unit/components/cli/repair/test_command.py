import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from components.cli.app import app
from components.cli.repair.command import Plan, plan_repair
from components.cli.repair.facts import Facts
from components.cli.repair.state import CREATING, NAMESPACE_TYPE, RELEASE_TYPE, PendingOperation, StateFacts
from components.cli.repair.verdict import Refused, ReleaseFacts
from components.cli.terminal import ask
from components.cluster.identity import ClusterId
from components.cluster.releases import Revision
from components.ownership.mark import Mark, Owner
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
    assert ask("Repair the release?") is agreed


def test_one_of_several_stacks_must_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stacks").mkdir()
    for name in ("a", "b"):
        (tmp_path / "stacks" / f"Pulumi.{name}.yaml").write_text(stack_text())
    monkeypatch.chdir(tmp_path)
    refused = CliRunner().invoke(app, ["repair"])
    assert refused.exit_code == 1
    assert "name one stack; there are: a, b" in refused.stderr


def test_missing_kubeconfig_is_reported_without_a_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.vis.yaml").write_text(stack_text())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    refused = CliRunner().invoke(app, ["repair", "vis", "--yes"])
    assert refused.exit_code == 1
    assert refused.stderr.startswith("there is no kubeconfig")


HERE = ClusterId("https://api.example:6443", "c-1")
OWNER = Owner("vis", HERE.uid, "d1")
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
URN = "urn:pulumi:vis::pangeo::x::vis"


def plan(*pending: tuple[str, str], history: tuple[Revision, ...] = ()) -> Plan | Refused:
    """Return the plan for a state with a namespace and these pending operations on resources of these types."""
    operations = tuple(PendingOperation(operation, f"{URN}-{kind}", kind, {}) for operation, kind in pending)
    state = StateFacts(HERE, OWNER, frozenset(), frozenset({NAMESPACE_TYPE}), operations)
    release = ReleaseFacts(HERE, "vis-pangeo", "hub", Mark(OWNER, is_kept=False), history)
    facts = Facts({"deployment": {}}, state, release, frozenset())
    return plan_repair(facts, "vis", "file:///backend", NOW, is_interrupted=True)


def test_release_is_repaired_before_its_creation_is_forgotten() -> None:
    found = plan((CREATING, RELEASE_TYPE), history=(Revision(1, "pending-install", ""),))

    assert isinstance(found, Plan)
    assert [step.release is not None for step in found.steps] == [True, False]
    assert found.next == "pulumi up"
    assert found.is_complete


def test_nothing_pending_needs_no_step() -> None:
    found = plan()

    assert isinstance(found, Plan)
    assert found.steps == ()
    assert found.is_complete
    assert found.messages[-1] == "the state needs no repair"


def test_interrupted_update_is_left_to_a_refresh_and_the_state_is_not_written() -> None:
    found = plan((CREATING, RELEASE_TYPE), ("updating", NAMESPACE_TYPE))

    assert isinstance(found, Plan)
    assert found.steps == ()
    assert not found.is_complete
    assert found.next == "pulumi refresh, then python -m components repair vis, then pulumi up"
    assert "while it was updating Namespace" in found.messages[-1]


def test_interrupted_update_alone_needs_a_refresh_only() -> None:
    found = plan(("updating", NAMESPACE_TYPE))

    assert isinstance(found, Plan)
    assert found.next == "pulumi refresh, then pulumi up"
