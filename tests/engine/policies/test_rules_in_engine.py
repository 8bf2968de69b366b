"""Every mandatory rule refuses in the real engine; the project's own program is refused nothing."""

import pytest

from local.tenancy.engine import reviewed_up
from policies.rules import RULES
from tests.engine.policies import broken
from tests.engine.policies.reviewed_stack import STACK, Reviewed, ReviewedStack

pytestmark = pytest.mark.engine

MANDATORY = [rule.id for rule in RULES if rule.level == "mandatory"]


@pytest.fixture(scope="session")
def all_broken(reviewed: ReviewedStack) -> Reviewed:
    """What is said of a program in which every rule is broken, beside a stack with the same names."""
    reviewed.write("neighbour")
    reviewed.write(STACK, protect=False)
    try:
        return reviewed.preview(broken.everything)
    finally:
        (reviewed.folder / "stacks" / "Pulumi.neighbour.yaml").unlink()
        reviewed.write(STACK)


def test_the_programs_own_stack_keeps_to_every_rule(reviewed: ReviewedStack) -> None:
    assert reviewed.preview() == Reviewed([], "")


@pytest.mark.parametrize("rule", MANDATORY)
def test_a_mandatory_rule_refuses(all_broken: Reviewed, rule: str) -> None:
    assert all_broken.refusal
    assert broken.SAID[rule] in all_broken.by(rule)


def test_a_refusal_shows_no_secret(all_broken: Reviewed) -> None:
    said = all_broken.refusal + "".join(each.said for each in all_broken.violations)
    assert broken.PLAIN not in said
    assert "correct horse" not in said


def test_what_a_preview_does_not_know_is_refused_and_not_passed(reviewed: ReviewedStack) -> None:
    found = reviewed.preview(broken.not_known_yet)
    assert found.refusal
    assert "could not be checked: values.jupyterhub.singleuser.cpu.limit is not known in a preview" in found.by(
        "guaranteed-resources"
    )


def test_an_organisation_sets_bounds_and_levels(reviewed: ReviewedStack) -> None:
    bounds = {"guaranteed-resources": {"mostCpus": 2}}
    assert "singleuser.profileList[0]: 4 CPUs are not within 2" in reviewed.preview(organisation=bounds).by(
        "guaranteed-resources"
    )
    softer = {"guaranteed-resources": {"mostCpus": 2, "enforcementLevel": "advisory"}}
    found = reviewed.preview(organisation=softer)
    assert [(each.policy, each.level) for each in found.violations] == [("guaranteed-resources", "advisory")]
    assert not found.refusal


def test_a_wrong_setting_is_refused_by_name(reviewed: ReviewedStack) -> None:
    wrong = {"guaranteed-resources": {"mostCpus": "many"}}
    assert "mostCpus" in reviewed.preview(organisation=wrong).refusal


def test_an_up_that_a_rule_refuses_changes_nothing(reviewed: ReviewedStack) -> None:
    found = reviewed.preview(broken.everything, operation=lambda **watch: reviewed_up(reviewed.stack, **watch))
    assert found.refusal
    assert "Updating" not in found.refusal
    assert reviewed.resources() == []
