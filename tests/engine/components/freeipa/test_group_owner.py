"""A group is used, changed and deleted only by its owner: the deployment whose mark it has."""

from pathlib import Path
from typing import Any

import pytest

from components.freeipa import errors, names
from components.freeipa.group_inputs import directory as connection
from components.freeipa.group_mark import marked
from components.freeipa.managed_group import delete_kept_group
from components.ownership.mark import Mark, Owner
from tests.engine.components.freeipa.driven_group import (
    AGAIN,
    DESCRIPTION,
    GROUP,
    KEPT,
    MARKED,
    OTHERS,
    OWNER,
    Given,
    Start,
    create_group,
)
from tests.engine.components.freeipa.plugin import Plugin, Refused
from tests.support.administrator import Administrator
from tests.support.directory import ThrowAwayDirectory

pytestmark = pytest.mark.engine

FOREIGN = {
    "no mark": (DESCRIPTION, "it has no owner's mark"),
    "kept by an older version": (DESCRIPTION + names.KEPT, "kept it, without the mark of an owner"),
    "kept by another deployment's destroy elsewhere": (
        marked(DESCRIPTION, str(Mark(OTHERS["another cluster"], is_kept=True))),
        f"it belongs to {OTHERS['another cluster']} (kept by pulumi destroy)",
    ),
    **{name: (marked(DESCRIPTION, str(owner)), f"it belongs to {owner}") for name, owner in OTHERS.items()},
}
"""Descriptions of empty groups that the deployment must not use, with the part of the refusal that names the owner."""


def refused_create(provider: Plugin, properties: dict[str, Any]) -> str:
    inputs, _ = provider.check({}, properties)
    with pytest.raises(Refused) as refusal:
        provider.create(inputs)
    return str(refusal.value)


def refused_preview(provider: Plugin, properties: dict[str, Any]) -> str:
    _, failures = provider.check({}, {**properties, "preview": True})
    [message] = failures.values()
    return message


@pytest.mark.parametrize("case", FOREIGN)
def test_foreign_group_is_refused_at_preview_and_up(
    provider: Plugin, given: Given, administrator: Administrator, case: str
) -> None:
    description, owner = FOREIGN[case]
    administrator.make(GROUP, description)
    before = administrator.entry(GROUP)
    for message in (refused_preview(provider, given()), refused_create(provider, given())):
        assert owner in message
        assert "set identity.existingGroup: adopt to use it with the members it has" in message
    assert administrator.entry(GROUP) == before


@pytest.mark.parametrize("case", FOREIGN)
def test_foreign_group_is_adopted_on_request_and_never_deleted(
    provider: Plugin, given: Given, administrator: Administrator, directory: ThrowAwayDirectory, case: str
) -> None:
    administrator.make(GROUP, FOREIGN[case][0], [directory.user_dn("alice")])
    adopting = given(existingGroup="adopt")
    assert provider.check({}, {**adopting, "preview": True})[1] == {}
    id_, state, _ = create_group(provider, adopting)
    assert state["adopted"] is True
    assert administrator.description(GROUP) == MARKED
    provider.delete(id_, state)
    assert administrator.members(GROUP) == [directory.user_dn("alice")]


@pytest.mark.parametrize("description", [MARKED, KEPT, marked(DESCRIPTION, str(Mark(AGAIN, is_kept=True)))])
def test_group_of_a_killed_run_or_an_earlier_destroy_is_used(
    provider: Plugin, given: Given, administrator: Administrator, directory: ThrowAwayDirectory, description: str
) -> None:
    administrator.make(GROUP, description, [directory.user_dn("alice")])
    assert provider.check({}, given(preview=True))[1] == {}
    _, state, _ = create_group(provider, given())
    assert state["adopted"] is False
    assert administrator.description(GROUP) == MARKED
    assert administrator.members(GROUP) == [directory.user_dn("alice")]


def test_group_in_use_of_the_same_stack_in_another_checkout_is_refused(
    provider: Plugin, given: Given, administrator: Administrator
) -> None:
    create_group(provider, given())
    assert f"it belongs to {OWNER}" in refused_preview(provider, given(mark=str(AGAIN)))
    assert f"it belongs to {OWNER}" in refused_create(provider, given(mark=str(AGAIN)))
    assert administrator.description(GROUP) == MARKED


def test_state_of_an_older_version_marks_its_group(
    provider: Plugin, given: Given, administrator: Administrator, directory: ThrowAwayDirectory
) -> None:
    id_, state, inputs = older_state(provider, given, administrator, DESCRIPTION)
    administrator.add_members(GROUP, [directory.user_dn("alice")])
    news, failures = provider.check(inputs, given(preview=True))
    assert failures == {}
    assert provider.changes(state, news)
    state = provider.update(id_, state, news)
    assert (state["adopted"], state["mark"], state["uniqueId"]) == (False, str(OWNER), "autogenerate")
    assert administrator.description(GROUP) == MARKED
    assert administrator.members(GROUP) == [directory.user_dn("alice")]


@pytest.mark.parametrize("owner", OTHERS.values(), ids=OTHERS)
def test_state_of_an_older_version_does_not_take_a_group_that_another_marked(
    provider: Plugin, given: Given, administrator: Administrator, owner: Owner
) -> None:
    theirs = marked(DESCRIPTION, str(owner))
    id_, state, inputs = older_state(provider, given, administrator, theirs)
    for preview in (True, False):
        news, _ = provider.check(inputs, given(preview=preview))
        with pytest.raises(Refused, match=f"has another owner.*existingGroup: adopt.*it belongs to {owner}"):
            provider.changes(state, news) if preview else provider.update(id_, state, news)
    assert administrator.description(GROUP) == theirs


@pytest.mark.parametrize("protect", [True, False])
@pytest.mark.parametrize("case", FOREIGN)
def test_destroy_does_not_touch_a_foreign_group(
    provider: Plugin, given: Given, administrator: Administrator, tmp_path: Path, case: str, protect: bool
) -> None:
    id_, state, _ = create_group(provider, given(protect=protect))
    description, owner = FOREIGN[case]
    administrator.describe(GROUP, description)
    provider.delete(id_, state)
    assert administrator.description(GROUP) == description
    message = (tmp_path / "plugin.log").read_text()
    assert f"the FreeIPA group {GROUP} was not changed: " in message
    assert owner in message


def test_refresh_shows_a_changed_mark_and_no_other(
    provider: Plugin, given: Given, administrator: Administrator
) -> None:
    id_, state, inputs = create_group(provider, given())
    id_, state, live = provider.read(id_, state)
    assert live["description"] == DESCRIPTION
    assert not provider.changes(state, inputs)

    administrator.describe(GROUP, DESCRIPTION)
    _, without_mark, _ = provider.read(id_, state)
    assert provider.changes(without_mark, inputs)
    provider.update(id_, without_mark, inputs)
    assert administrator.description(GROUP) == MARKED

    administrator.describe(GROUP, marked(DESCRIPTION, str(OTHERS["another stack"])))
    _, theirs, _ = provider.read(id_, state)
    assert provider.changes(theirs, inputs)
    with pytest.raises(Refused, match="has another owner"):
        provider.update(id_, theirs, inputs)


def test_renamed_stack_keeps_its_group(provider: Plugin, given: Given, administrator: Administrator) -> None:
    id_, state, inputs = create_group(provider, given())
    renamed = str(OWNER).replace("stack vis", "stack vis2")
    news, _ = provider.check(inputs, given(mark=renamed))
    state = provider.update(id_, state, news)
    assert administrator.description(GROUP) == marked(DESCRIPTION, renamed)
    provider.delete(id_, state)
    assert administrator.entry(GROUP) is None


def test_kept_group_is_removed_on_request_by_its_stack_alone(
    given: Given, administrator: Administrator, directory: ThrowAwayDirectory
) -> None:
    props = given()

    def remove() -> bool:
        return delete_kept_group(connection(props), props["suffix"], GROUP, AGAIN, directory.operator_password)

    others = [owner for owner in OTHERS.values() if (owner.stack, owner.cluster) != (OWNER.stack, OWNER.cluster)]
    for description in (MARKED, DESCRIPTION, *(marked(DESCRIPTION, str(Mark(each, True))) for each in others)):
        administrator.make(GROUP, description)
        with pytest.raises(errors.AlreadyExists):
            remove()
        administrator.delete(GROUP)
    administrator.make(GROUP, KEPT, [directory.user_dn("alice")])
    assert remove() is True
    assert remove() is False
    assert administrator.entry(GROUP) is None


def test_preview_without_a_password_says_that_it_did_not_check(
    start: Start, given: Given, administrator: Administrator, tmp_path: Path
) -> None:
    administrator.make(GROUP, "theirs")
    administrator.forget_log()
    with start({"FREEIPA_BIND_PASSWORD": ""}) as driven:
        _, failures = driven.check({}, given(preview=True))
    assert failures == {}
    assert administrator.served() == []
    assert (
        f"the FreeIPA group {GROUP} and the settings in identity were not checked"
        in (tmp_path / "plugin.log").read_text()
    )


def older_state(
    provider: Plugin, given: Given, administrator: Administrator, description: str
) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Return id, state and inputs as a version without marks stored them, with such a group in the directory."""
    id_, state, inputs = create_group(provider, given())
    administrator.describe(GROUP, description)
    new = ("mark", "uniqueId", "directoryId")
    old_state, old_inputs = ({key: value for key, value in each.items() if key not in new} for each in (state, inputs))
    return id_, old_state, old_inputs
