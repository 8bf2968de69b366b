from collections.abc import Mapping
from typing import Any

import pytest

from components.cli.repair import steps
from components.cli.repair.creations import Creation
from components.cli.repair.state import RELEASE_TYPE
from components.cli.repair.steps import StateToRepair, Step, edit_state, forget_creations, release_step, state_steps
from components.cli.repair.verdict import ReleaseRepair
from components.cluster.releases import Repair, Revision

URN, OTHER = "urn:release", "urn:bucket"
OPERATIONS = [{"type": "creating", "resource": {"urn": urn, "type": RELEASE_TYPE}} for urn in (URN, OTHER)]
EXPORT: Mapping[str, Any] = {"version": 3, "deployment": {"resources": [], "pending_operations": OPERATIONS}}


def test_creations_with_a_known_outcome_are_removed_from_the_state() -> None:
    step = forget_creations(
        StateToRepair(EXPORT, (Creation(URN, "Release vis", "it is gone"), Creation(OTHER, "Bucket b", "")))
    )
    assert step is not None
    assert step.finding.endswith("\n  Release vis: it is gone")
    assert edit_state(EXPORT, [step])["deployment"]["pending_operations"] == OPERATIONS[1:]


def test_unknown_outcomes_need_no_step() -> None:
    assert forget_creations(StateToRepair(EXPORT, (Creation(OTHER, "Bucket b", ""),))) is None
    assert forget_creations(StateToRepair(EXPORT, ())) is None


def test_independent_repairs_of_the_state_are_applied_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    def append(word: str) -> steps.StateRepair:
        def edit(export: Mapping[str, Any]) -> Mapping[str, Any]:
            return {**export, "words": [*export.get("words", []), word]}

        return lambda _state: Step(f"{word} is missing", f"append {word}", edit=edit)

    monkeypatch.setattr(steps, "STATE_REPAIRS", (append("one"), lambda _state: None, append("two")))
    found = state_steps(StateToRepair(EXPORT, ()))

    assert [step.action for step in found] == ["append one", "append two"]
    assert edit_state(EXPORT, found)["words"] == ["one", "two"]


def test_step_of_the_release_says_that_homes_stay() -> None:
    repair = Repair("hub", "vis", Revision(1, "pending-install", ""), rollback_to=None)
    step = release_step(ReleaseRepair("it is stuck", repair))

    assert step.release == repair
    assert step.action.startswith("helm uninstall hub: ")
    assert step.action.endswith("Users' home volumes stay as they are")
