"""The resource in the real Pulumi engine, against the real directory."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pulumi.automation import OpType
from pulumi.automation.errors import CommandError

from tests.support.administrator import Administrator
from tests.support.directory import ThrowAwayDirectory
from tests.support.group_stack import DESCRIPTION, GROUP, MARKED, OWNER, GroupStack
from tests.support.inline_program import pause_after_failure

pytestmark = pytest.mark.engine

Start = Callable[..., GroupStack]


@pytest.fixture
def start(tmp_path: Path, tools: Path, directory: ThrowAwayDirectory, administrator: Administrator) -> Iterator[Start]:
    inherited = os.environ.pop("FREEIPA_BIND_PASSWORD", None)
    administrator.entry(GROUP)
    GroupStack.dns_seen.clear()
    yield lambda **password: GroupStack(tmp_path, tools, directory, password)
    if inherited is not None:
        os.environ["FREEIPA_BIND_PASSWORD"] = inherited


@pytest.fixture
def stack(start: Start, directory: ThrowAwayDirectory) -> GroupStack:
    return start(FREEIPA_BIND_PASSWORD=directory.operator_password)


def test_group_is_created_updated_refreshed_and_deleted(
    stack: GroupStack, administrator: Administrator, directory: ThrowAwayDirectory
) -> None:
    alice = directory.user_dn("alice")
    assert stack.preview()[OpType.CREATE] == 2
    assert stack.dns_seen == [directory.group_dn(GROUP)], "the DN is known in a preview"
    assert administrator.entry(GROUP) is None

    assert stack.up() == {"dn": directory.group_dn(GROUP), "adopted": False}
    administrator.add_members(GROUP, [alice])
    assert stack.preview() == {OpType.SAME: 2}

    administrator.describe(GROUP, "drifted")
    stack.refresh()
    assert stack.preview()[OpType.UPDATE] == 1
    stack.up()
    assert administrator.description(GROUP) == MARKED
    assert stack.preview() == {OpType.SAME: 2}

    stack.declare(servers=[f"localhost:{directory.ldap_port}"], tls="starttls")
    assert stack.preview()[OpType.UPDATE] == 1
    stack.up()
    stack.declare()
    stack.up()
    assert administrator.members(GROUP) == [alice]

    stack.destroy()
    assert administrator.description(GROUP) == f"{DESCRIPTION} [{OWNER} (kept by pulumi destroy)]"
    again = str(replace(OWNER, deployment="d2"))
    stack.declare(protect=False, mark=again)
    stack.up()
    assert administrator.members(GROUP) == [alice]
    assert administrator.description(GROUP) == f"{DESCRIPTION} [{again}]"
    stack.destroy()
    assert administrator.entry(GROUP) is None


def test_group_deleted_in_freeipa_is_created_again(stack: GroupStack, administrator: Administrator) -> None:
    stack.up()
    administrator.delete(GROUP)
    stack.refresh()
    assert stack.preview()[OpType.CREATE] == 1
    stack.up()
    assert administrator.description(GROUP) == MARKED


def test_renamed_group_fails_the_preview(stack: GroupStack, administrator: Administrator) -> None:
    stack.up()
    stack.declare(group_name="other_notebook_users")
    with pytest.raises(CommandError) as refusal:
        stack.preview()
    message = str(refusal.value)
    assert f"name: {GROUP} → other_notebook_users would replace the group and leave its members behind" in message
    assert "Traceback" not in message
    with pytest.raises(CommandError):
        stack.up()
    assert administrator.entry(GROUP) is not None
    assert administrator.entry("other_notebook_users") is None


def test_group_of_another_owner_fails_preview_and_up(stack: GroupStack, administrator: Administrator) -> None:
    other = replace(OWNER, cluster="another-cluster")
    theirs = f"{DESCRIPTION} [{other}]"
    administrator.make(GROUP, theirs)
    for operation in (stack.preview, stack.up):
        with pytest.raises(CommandError) as refusal, pause_after_failure():
            operation()
        message = str(refusal.value)
        assert "the group already exists and was not changed" in message
        assert f"it belongs to {other}" in message
        assert "identity.existingGroup: adopt" in message
        assert "Traceback" not in message
    assert administrator.description(GROUP) == theirs


def test_changed_settings_that_do_not_work_fail_preview_and_up(stack: GroupStack, administrator: Administrator) -> None:
    stack.up()
    before = stack.state()
    stack.declare(servers=["ipa.vsi.invalid:636"])
    for operation in (stack.preview, stack.up):
        with pytest.raises(CommandError) as refusal, pause_after_failure():
            operation()
        assert "connecting at ipa.vsi.invalid:636: the name cannot be resolved" in str(refusal.value)
        assert "Traceback" not in str(refusal.value)
    assert administrator.description(GROUP) == MARKED
    assert json.loads(stack.state())["resources"] == json.loads(before)["resources"], "nothing is stored"


def test_destroy_leaves_a_group_that_another_owner_took(stack: GroupStack, administrator: Administrator) -> None:
    stack.declare(protect=False)
    stack.up()
    theirs = f"{DESCRIPTION} [{replace(OWNER, deployment='d9', stack='other')}]"
    administrator.describe(GROUP, theirs)
    stack.destroy()
    assert administrator.description(GROUP) == theirs


def test_password_from_the_environment_is_in_no_state(
    stack: GroupStack, directory: ThrowAwayDirectory, tmp_path: Path
) -> None:
    stack.up()
    assert directory.operator_password not in stack.state()
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert directory.operator_password.encode() not in file.read_bytes(), file


def test_password_from_the_stack_is_encrypted_in_the_state(
    start: Start, directory: ThrowAwayDirectory, administrator: Administrator, tmp_path: Path
) -> None:
    stack = start()
    stack.configure("pangeo:identityBindPassword", directory.operator_password)
    stack.up()
    assert administrator.description(GROUP) == MARKED
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert directory.operator_password.encode() not in file.read_bytes(), file


def test_up_without_a_password_names_its_sources(start: Start) -> None:
    stack = start()
    assert stack.preview()[OpType.CREATE] == 2
    assert any(f"the FreeIPA group {GROUP} and the settings in identity were not checked" in n for n in stack.notices())
    with pytest.raises(CommandError, match="set the environment variable FREEIPA_BIND_PASSWORD"):
        stack.up()
