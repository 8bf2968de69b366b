"""Changes of a decision about a reused user name, and what of them is left after an interruption."""

from typing import Any

import pytest

from components.cli.accept.facts import Home, KeptVolume, Names, read_homes
from components.cli.accept.plan import binding_instructions, plan_decision
from components.in_hub.user_id import ID_ANNOTATION, KEY_PREFIX, NAME_ANNOTATION, Decision, refusal_text

OLD, NEW = (f"{number}d0c8e9e-8a5b-11ef-9c3a-5254005e1f0a" for number in range(2))
SAME, ANOTHER = Decision(NEW, same_person=True), Decision(NEW, same_person=False)


def home(user_id: str, claim: str = "claim-alice", user: str = "alice") -> Home:
    return Home(claim, f"uid of {claim}", user, user_id, f"volume of {claim}")


NAMES = Names(homes=(home(OLD), home(OLD, "claim-alice--gpu"), home("", "claim-old"), home(OLD, "claim-bob", "bob")))


def claim(name: str, **annotations: str) -> dict[str, Any]:
    metadata = {"name": name, "uid": f"uid of {name}", "annotations": annotations}
    return {"metadata": metadata, "spec": {"volumeName": f"volume of {name}"}}


def test_same_person_gets_all_homes_of_the_name() -> None:
    plan = plan_decision(NAMES, "alice", SAME)

    assert [each.claim for each in plan.rebind] == ["claim-alice", "claim-alice--gpu", "claim-old"]
    assert plan.release == ()


def test_new_person_gets_none_of_them() -> None:
    plan = plan_decision(NAMES, "alice", ANOTHER)

    assert [each.claim for each in plan.release] == ["claim-alice", "claim-alice--gpu", "claim-old"]
    assert plan.rebind == ()
    assert "its volume volume of claim-alice is kept with all files" in "\n".join(plan.lines)


@pytest.mark.parametrize("decision", [SAME, ANOTHER])
def test_home_of_the_account_itself_is_not_changed(decision: Decision) -> None:
    plan = plan_decision(Names(homes=(home(NEW),)), "alice", decision)

    assert (plan.rebind, plan.release) == ((), ())


def test_homes_are_found_by_annotation_or_usual_name() -> None:
    claims = [
        claim("claim-x---1a2b", **{NAME_ANNOTATION: "_x", ID_ANNOTATION: OLD}),
        claim("claim-alice"),
        claim("hub-db-dir"),
        claim("former-alice"),
    ]

    assert [(each.claim, each.user, each.user_id) for each in read_homes(claims)] == [
        ("claim-alice", "alice", ""),
        ("claim-x---1a2b", "_x", OLD),
    ]


def test_name_is_reused_if_a_home_or_a_refusal_has_another_account() -> None:
    refusals = {f"{KEY_PREFIX}bob": refusal_text(NEW, {OLD}, "now")}

    assert Names(homes=(home(OLD),)).other_ids("alice", NEW) == {OLD}
    assert Names(homes=(home(NEW), home("", "claim-old"))).other_ids("alice", NEW) == frozenset()
    assert Names(refusals=refusals).other_ids("bob", NEW) == {OLD}
    assert Names(refusals=refusals).other_ids("bob", OLD) == frozenset(), "the refused account does not exist any more"
    decided = Names(refusals=refusals, decisions={f"{KEY_PREFIX}bob": SAME.as_text()})
    assert decided.other_ids("bob", NEW) == frozenset()


def test_kept_volume_is_described_with_the_commands_to_use_it() -> None:
    text = "\n".join(binding_instructions(KeptVolume("pvc-1", "claim-alice", "alice", OLD), "vis"))

    assert f"the volume pvc-1, which was the home claim-alice of the former user alice (ipaUniqueID {OLD})" in text
    assert "kubectl patch pv pvc-1" in text
    assert "volumeName: pvc-1" in text
