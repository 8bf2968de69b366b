"""The provider as the engine uses it: a process, gRPC and a real directory."""

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from components.freeipa import group_mark
from components.freeipa.group_inputs import INPUTS
from tests.engine.components.freeipa.driven_group import (
    AGAIN,
    DESCRIPTION,
    GROUP,
    KEPT,
    MARKED,
    Given,
    Start,
    create_group,
    read_group,
)
from tests.engine.components.freeipa.plugin import UNKNOWN, Plugin, Refused, pickled
from tests.support.administrator import Administrator
from tests.support.directory import ThrowAwayDirectory
from tests.support.waiting import wait_until

pytestmark = pytest.mark.engine


def test_provider_is_stored_as_a_stable_reference() -> None:
    assert base64.b64decode(pickled()).count(b"components.freeipa.group_resource") == 1
    assert pickled() == pickled()
    assert len(pickled()) < 150


def test_created_group_needs_no_update(
    provider: Plugin, given: Given, administrator: Administrator, directory: ThrowAwayDirectory
) -> None:
    id_, state, inputs = create_group(provider, given())
    assert administrator.description(GROUP) == MARKED
    assert id_ == state["dn"] == inputs["dn"] == directory.group_dn(GROUP)
    assert state["adopted"] is False
    again, failures = provider.check(inputs, given())
    assert failures == {}
    assert not provider.changes(state, again)
    same_id, same_state = read_group(provider, id_, state)
    assert (same_id, same_state) == (id_, state)


def test_state_contains_only_inputs_and_the_groups_identity(
    provider: Plugin, given: Given, administrator: Administrator
) -> None:
    _, state, _ = create_group(provider, given())
    administrator.entry(GROUP)
    assert set(state) == {*INPUTS, "dn", "adopted", "uniqueId", "directoryId", "__provider"}


def test_drifted_description_is_repaired_and_members_stay(
    provider: Plugin, given: Given, administrator: Administrator, directory: ThrowAwayDirectory
) -> None:
    id_, state, inputs = create_group(provider, given())
    members = [directory.user_dn("alice"), directory.user_dn("bob")]
    administrator.add_members(GROUP, members)
    administrator.describe(GROUP, "drifted")
    id_, state, live_inputs = provider.read(id_, state)
    assert (state["description"], live_inputs["description"]) == ("drifted", "drifted")
    assert provider.changes(state, inputs)
    state = provider.update(id_, state, inputs)
    assert administrator.description(GROUP) == MARKED
    assert administrator.members(GROUP) == members
    assert not provider.changes(state, inputs)


def test_group_deleted_in_freeipa_is_created_again(
    provider: Plugin, given: Given, administrator: Administrator
) -> None:
    id_, state, inputs = create_group(provider, given())
    administrator.delete(GROUP)
    assert read_group(provider, id_, state)[0] == ""
    assert provider.create(inputs)[0] == id_
    assert administrator.description(GROUP) == MARKED


def test_late_replication_is_not_reported_as_deleted(
    provider: Plugin, given: Given, administrator: Administrator, directory: ThrowAwayDirectory
) -> None:
    id_, state, _ = create_group(provider, given())
    administrator.delete(GROUP)
    access_log = directory.state.directory / "logs" / "access"

    def searches() -> int:
        return access_log.read_text().count(f"(cn={GROUP})(cn=admins)")

    before = searches()
    with ThreadPoolExecutor() as engine:
        refresh = engine.submit(read_group, provider, id_, state)
        wait_until(lambda: searches() > before, "the provider has not searched for the group")
        assert not refresh.done()
        administrator.make(GROUP, MARKED, ipaUniqueID=state["uniqueId"])
        assert refresh.result() == (id_, state)


def test_update_of_a_deleted_group_names_a_fix(provider: Plugin, given: Given, administrator: Administrator) -> None:
    id_, state, inputs = create_group(provider, given())
    administrator.delete(GROUP)
    with pytest.raises(Refused, match="no longer exists; run pulumi refresh"):
        provider.update(id_, {**state, "description": "before"}, inputs)


def test_group_can_be_deleted_twice(provider: Plugin, given: Given, administrator: Administrator) -> None:
    id_, state, _ = create_group(provider, given())
    provider.delete(id_, state)
    assert administrator.entry(GROUP) is None
    provider.delete(id_, state)


def test_existing_group_is_refused_and_not_changed(
    provider: Plugin, given: Given, administrator: Administrator, directory: ThrowAwayDirectory
) -> None:
    administrator.make(GROUP, "theirs", [directory.user_dn("alice")])
    before = administrator.entry(GROUP)
    inputs, _ = provider.check({}, given())
    with pytest.raises(Refused, match="existingGroup: adopt"):
        provider.create(inputs)
    assert administrator.entry(GROUP) == before


def test_adopted_group_keeps_its_members_and_is_not_deleted(
    provider: Plugin, given: Given, administrator: Administrator, directory: ThrowAwayDirectory
) -> None:
    alice = directory.user_dn("alice")
    administrator.make(GROUP, "theirs", [alice])
    id_, state, inputs = create_group(provider, given(existingGroup="adopt"))
    assert state["adopted"] is True
    assert administrator.description(GROUP) == MARKED
    _, state = read_group(provider, id_, state)
    changed, _ = provider.check(inputs, given(existingGroup="refuse", protect=False))
    state = provider.update(id_, state, changed)
    assert state["adopted"] is True
    provider.delete(id_, state)
    assert administrator.members(GROUP) == [alice]
    assert administrator.description(GROUP) == MARKED


@pytest.mark.parametrize(
    ("classes", "more"),
    [
        (("top", "groupofnames", "ipaobject"), {}),
        (("top", "groupofnames", "posixgroup", "ipaobject"), {"gidNumber": "671000099"}),
    ],
)
def test_other_entry_than_a_user_group_is_never_adopted(
    provider: Plugin, given: Given, administrator: Administrator, classes: tuple[str, ...], more: dict[str, str]
) -> None:
    administrator.make(GROUP, "a thing", classes=classes, **more)
    inputs, _ = provider.check({}, given(existingGroup="adopt"))
    with pytest.raises(Refused, match="not a FreeIPA user group"):
        provider.create(inputs)
    assert administrator.description(GROUP) == "a thing"


def test_protected_group_survives_destroy_and_is_used_again(
    provider: Plugin, given: Given, administrator: Administrator, directory: ThrowAwayDirectory
) -> None:
    alice = directory.user_dn("alice")
    id_, state, _ = create_group(provider, given(protect=True))
    administrator.add_members(GROUP, [alice])
    provider.delete(id_, state)
    provider.delete(id_, state)
    assert administrator.description(GROUP) == KEPT
    id_, state, _ = create_group(provider, given(protect=True, mark=str(AGAIN)))
    assert state["adopted"] is False
    assert administrator.description(GROUP) == group_mark.marked(DESCRIPTION, str(AGAIN))
    assert administrator.members(GROUP) == [alice]


def test_destroy_accepts_a_missing_protected_group(
    provider: Plugin, given: Given, administrator: Administrator
) -> None:
    id_, state, _ = create_group(provider, given(protect=True))
    administrator.delete(GROUP)
    provider.delete(id_, state)


def test_preview_without_a_change_makes_no_connection(start: Start, given: Given) -> None:
    with start() as driven:
        nowhere = given(servers=["no-such-host.invalid"], preview=True)
        inputs, failures = driven.check({}, nowhere)
        assert failures == {}
        assert not driven.changes({**inputs, "adopted": False}, inputs)


@pytest.mark.parametrize(("field", "new"), [("name", "other_notebook_users"), ("suffix", "dc=other,dc=org")])
def test_changed_name_or_suffix_is_refused_with_a_fix(
    provider: Plugin, given: Given, administrator: Administrator, field: str, new: str
) -> None:
    _, state, inputs = create_group(provider, given())
    _, failures = provider.check(inputs, given(**{field: new}))
    assert set(failures) == {field}
    assert f"{field}: {inputs[field]} → {new} would replace the group" in failures[field]
    assert "pulumi state delete" in failures[field]
    with pytest.raises(Refused, match="would replace the group"):
        provider.changes(state, {**inputs, field: new})
    assert administrator.entry(GROUP) is not None


@pytest.mark.parametrize("key", ["name", "suffix", "description", "bindDn", "caCertificate"])
def test_unknown_input_passes_a_preview(start: Start, given: Given, key: str) -> None:
    with start() as driven:
        inputs, failures = driven.check({}, given(**{key: UNKNOWN}))
        assert failures == {}
        assert inputs[key] == UNKNOWN
        deployed, _ = driven.check({}, given())
        inputs, failures = driven.check(deployed, given(**{key: UNKNOWN}))
        assert failures == {}
        assert driven.changes({**deployed, "adopted": False}, inputs)


def test_missing_inputs_are_all_reported_at_preview(start: Start) -> None:
    with start() as driven:
        _, failures = driven.check({}, {})
        assert set(failures) == {"name", "suffix", "bindDn", "description", "servers"}


@pytest.mark.parametrize("wrong", [{"tls": "none"}, {"servers": ["ldap://localhost"]}, {"caCertificate": "x"}])
def test_invalid_setting_prevents_a_connection(
    provider: Plugin, given: Given, administrator: Administrator, wrong: dict[str, Any]
) -> None:
    id_, state, inputs = create_group(provider, given())
    administrator.entry(GROUP)
    administrator.forget_log()
    for call in (lambda: provider.create({**inputs, **wrong}), lambda: provider.read(id_, {**state, **wrong})):
        with pytest.raises(Refused, match=r"tls|servers|caCertificate"):
            call()
    assert administrator.served() == []


def test_stack_secret_is_used_without_the_variable(
    start: Start, given: Given, administrator: Administrator, directory: ThrowAwayDirectory, tmp_path: Path
) -> None:
    password = directory.operator_password
    with start(config={"pangeo:identityBindPassword": password}) as driven:
        id_, state, _ = create_group(driven, given())
        driven.delete(*read_group(driven, id_, state))
    assert administrator.entry(GROUP) is None
    assert password not in driven.heard + (tmp_path / "plugin.log").read_text()


def test_variable_comes_before_the_stack_secret(
    start: Start, given: Given, administrator: Administrator, directory: ThrowAwayDirectory
) -> None:
    administrator.entry(GROUP)
    config = {"pangeo:identityBindPassword": "an-older-password"}
    with start({"FREEIPA_BIND_PASSWORD": directory.operator_password}, config) as driven:
        create_group(driven, given())


def test_missing_password_error_names_both_sources(start: Start, given: Given) -> None:
    with start({"FREEIPA_BIND_PASSWORD": ""}) as driven:
        inputs, failures = driven.check({}, given())
        assert failures == {}
        with pytest.raises(Refused, match=r"FREEIPA_BIND_PASSWORD.*pangeo:identityBindPassword"):
            driven.create(inputs)


def test_wrong_password_is_refused_and_not_shown(start: Start, given: Given, tmp_path: Path) -> None:
    with start({"FREEIPA_BIND_PASSWORD": "a-wrong-password"}) as driven:
        inputs, _ = driven.check({}, given())
        with pytest.raises(Refused, match="does not accept"):
            driven.create(inputs)
    assert "a-wrong-password" not in driven.heard + (tmp_path / "plugin.log").read_text()


def test_refresh_fails_without_a_directory_and_keeps_the_group(
    provider: Plugin, given: Given, administrator: Administrator
) -> None:
    id_, state, _ = create_group(provider, given())
    assert administrator.entry(GROUP) is not None
    with pytest.raises(Refused, match="connection was refused"):
        provider.read(id_, {**state, "servers": ["localhost:1"]})
